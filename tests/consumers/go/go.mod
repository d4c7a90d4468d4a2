// SPDX-License-Identifier: Apache-2.0
module example.com/exchange

go 1.19

require github.com/libdumbo/libdumbo/bindings/go v0.0.0

replace github.com/libdumbo/libdumbo/bindings/go => ../../../bindings/go
