// SPDX-License-Identifier: Apache-2.0
// The header compiles alone as C++20, and no struct of it has padding.
#include <dumbo/dumbo.h>
