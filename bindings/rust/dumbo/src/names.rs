// SPDX-License-Identifier: Apache-2.0
//! Tests that variants stand for the enumerators that C gives the same name.
use std::format;
use std::string::String;

use dumbo_sys::ctypes::c_char;

use crate::stack::{Reason, VerdictKind};
use crate::tcp::connection::{Cause, RecvStatusFlags, State};
use crate::text::from_c;

/// More than there are of any kind.
const NUMBERS: core::ops::Range<u32> = 0..32;

/// `SynReceived` to `SYN_RECEIVED`; what has no name is `unknown` in C.
fn as_in_c(variant: &str) -> String {
    if variant.starts_with("Other(") {
        return "unknown".into();
    }
    let mut name = String::new();
    for (place, character) in variant.char_indices() {
        let is_digit = character.is_ascii_digit();
        if place > 0 && (character.is_ascii_uppercase() || is_digit) {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

/// In one spelling: states have the hyphens of RFC 9293.
fn c_name(name: unsafe extern "C" fn(u32) -> *const c_char, number: u32) -> String {
    // SAFETY: all of these functions take any number, and return a C string in static storage.
    unsafe { from_c(name(number)) }.replace('-', "_")
}

#[test]
fn variants_have_the_names_that_c_has() {
    for number in NUMBERS {
        let state = format!("{:?}", State::from_number(number));
        assert_eq!(as_in_c(&state), c_name(dumbo_sys::dumbo_state_name, number));
        let kind = format!("{:?}", VerdictKind::from_number(number));
        assert_eq!(as_in_c(&kind), c_name(dumbo_sys::dumbo_frame_verdict_name, number));
        if number > 0 {
            // NONE is no variant of these: there is no segment, or no end, without a cause.
            let cause = format!("{:?}", Cause::from_number(number));
            assert_eq!(as_in_c(&cause), c_name(dumbo_sys::dumbo_cause_name, number));
            let reason = format!("{:?}", Reason::from_number(number));
            assert_eq!(as_in_c(&reason), c_name(dumbo_sys::dumbo_stack_reason_name, number));
        }
    }
}

#[test]
fn flags_have_the_names_that_c_has() {
    for bit in NUMBERS.map(|place| 1 << place) {
        let name = c_name(dumbo_sys::dumbo_anomaly_name, bit);
        let text = if name == "unknown" { format!("{bit:#x}") } else { name };
        assert_eq!(format!("{:?}", RecvStatusFlags::from_bits(bit)), format!("RecvStatusFlags({text})"));
    }
}
