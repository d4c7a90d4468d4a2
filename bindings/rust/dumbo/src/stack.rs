// SPDX-License-Identifier: Apache-2.0
//! One interface of a guest's.
