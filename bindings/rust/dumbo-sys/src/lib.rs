// SPDX-License-Identifier: Apache-2.0
//! The C interface of libdumbo as it is: every function, struct and constant of `dumbo/dumbo.h` under the name that it
//! has there. That header documents them.
//!
//! The `dumbo` crate wraps all of this in safe types; use these declarations for what it leaves out, such as memory of
//! your own. An enumerator is a plain constant, as codes travel as `i32` and all other enumerators as `u32`.
//!
//! ```
//! // SAFETY: the function takes nothing and is safe at any time.
//! let version = unsafe { dumbo_sys::dumbo_version_num() };
//! assert!(version >= 1_000);
//! ```
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

/// The types of C that the declarations are made of: Rust has them in `core` only since 1.64. They are those of Linux and
/// the BSDs; macOS and Windows, whose `char` has a sign on ARM, are not supported.
pub mod ctypes {
    #![allow(non_camel_case_types)]

    pub use core::ffi::c_void;

    /// C's `char`, which has a sign on some processors.
    #[cfg(any(
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "s390x"
    ))]
    pub type c_char = u8;
    /// C's `char`, which has a sign on some processors.
    #[cfg(not(any(
        target_arch = "aarch64",
        target_arch = "arm",
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "s390x"
    )))]
    pub type c_char = i8;
    /// What an enum with a negative enumerator is.
    pub type c_int = i32;
    /// What any other enum is.
    pub type c_uint = u32;
}

#[allow(non_camel_case_types)]
#[rustfmt::skip]
mod bindings;
pub use bindings::*;
