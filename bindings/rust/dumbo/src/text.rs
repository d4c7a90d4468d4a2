// SPDX-License-Identifier: Apache-2.0
//! Words for numbers.
use core::fmt::{Formatter, Result};

use dumbo_sys::ctypes::c_char;

/// The library's own sentence for a result code.
pub(crate) fn of_error(code: i32) -> &'static str {
    // SAFETY: the function takes any number, and what it returns is a C string in static storage.
    unsafe { from_c(dumbo_sys::dumbo_strerror(code)) }
}

/// # Safety
///
/// `text` points to a string that ends with a NUL and is there for ever.
pub(crate) unsafe fn from_c(text: *const c_char) -> &'static str {
    let mut length = 0;
    // SAFETY: the NUL has not been reached, so that this byte is still the string's.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: so many bytes have just been read, and they do not change.
    let bytes = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), length) };
    core::str::from_utf8(bytes).unwrap_or("a text that is not UTF-8")
}

/// `Name(ONE | OTHER | 0x40)`, the last for bits without a name.
pub(crate) fn write_flags<'a>(
    f: &mut Formatter<'_>,
    name: &str,
    bits: u32,
    names: impl Iterator<Item = (u32, &'a str)>,
) -> Result {
    let mut rest = bits;
    write!(f, "{name}(")?;
    for (bit, flag) in names.filter(|(bit, _)| bits & bit != 0) {
        let separator = if rest == bits { "" } else { " | " };
        write!(f, "{separator}{flag}")?;
        rest &= !bit;
    }
    if rest != 0 {
        let separator = if rest == bits { "" } else { " | " };
        write!(f, "{separator}{rest:#x}")?;
    }
    f.write_str(")")
}
