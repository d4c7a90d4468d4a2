// SPDX-License-Identifier: Apache-2.0
module github.com/libdumbo/libdumbo/bindings/go

go 1.19
