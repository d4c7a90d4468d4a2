module github.com/libdumbo/libdumbo/bindings/go

go 1.19
