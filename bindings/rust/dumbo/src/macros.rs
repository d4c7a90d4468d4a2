// SPDX-License-Identifier: Apache-2.0
//! The three kinds of numbers that the C interface knows, as types: sets of flags, enumerators and result codes.

/// A set of flags, printed by their names.
macro_rules! flags {
    (
        $(#[$about:meta])*
        pub struct $name:ident: $bits:ty { $($(#[$about_flag:meta])* $flag:ident = $value:ident;)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name($bits);

        impl $name {
            $($(#[$about_flag])* pub const $flag: Self = Self(dumbo_sys::$value as $bits);)*

            /// No flag at all.
            pub const fn empty() -> Self {
                Self(0)
            }

            /// The set that a number stands for. Bits that this version has no name for are kept.
            pub const fn from_bits(bits: $bits) -> Self {
                Self(bits)
            }

            /// The number that stands for the set.
            pub const fn bits(self) -> $bits {
                self.0
            }

            /// Whether there is no flag in it.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether all flags of another set are in this one.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any flag of another set is in this one.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }
        }

        impl core::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl core::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }

        impl core::ops::BitAnd for $name {
            type Output = Self;
            fn bitand(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        impl core::ops::Sub for $name {
            type Output = Self;
            /// The flags of the first set that are not in the second.
            fn sub(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let names: &[($bits, &str)] = &[$((dumbo_sys::$value as $bits, stringify!($flag)),)*];
                crate::text::write_flags(
                    f,
                    stringify!($name),
                    u32::from(self.0),
                    names.iter().map(|&(bit, name)| (u32::from(bit), name)),
                )
            }
        }
    };
}

/// An enumeration of the C interface's, to which later versions of the library may add.
macro_rules! enumeration {
    (
        $(#[$about:meta])*
        pub enum $name:ident { $($(#[$about_variant:meta])* $variant:ident = $value:ident,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about_variant])* $variant,)*
            /// A number that a later version of the library has given a meaning to.
            Other(u32),
        }

        impl $name {
            pub(crate) fn from_number(number: u32) -> Self {
                match number {
                    $(dumbo_sys::$value => Self::$variant,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

/// The ways in which a call can fail, out of the result codes of the C interface.
macro_rules! errors {
    (
        $(#[$about:meta])*
        pub enum $name:ident { $($(#[$about_variant:meta])* $variant:ident = $code:ident,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about_variant])* $variant,)*
            /// A result code that this version did not expect here, as it is in C.
            Unexpected(i32),
        }

        impl $name {
            pub(crate) fn from_code(code: i32) -> Self {
                match code {
                    $(dumbo_sys::$code => Self::$variant,)*
                    other => Self::Unexpected(other),
                }
            }

            /// The result code that C has for it, a `DUMBO_ERR_*`.
            pub fn code(self) -> i32 {
                match self {
                    $(Self::$variant => dumbo_sys::$code,)*
                    Self::Unexpected(code) => code,
                }
            }

            /// Whether a connection is at its end, or could not be made; it is as usable as before otherwise.
            pub fn is_fatal(self) -> bool {
                // SAFETY: the function takes any number.
                unsafe { dumbo_sys::dumbo_err_is_fatal(self.code()) }
            }

            pub(crate) fn check(code: i32) -> Result<(), Self> {
                if code == dumbo_sys::DUMBO_OK {
                    Ok(())
                } else {
                    Err(Self::from_code(code))
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(crate::text::of_error(self.code()))
            }
        }

        #[cfg(feature = "std")]
        impl std::error::Error for $name {}
    };
}
