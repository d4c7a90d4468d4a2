// SPDX-License-Identifier: Apache-2.0
//! A program of its own, as it looks at the memory of the whole process.
#![cfg(target_os = "linux")]

use std::num::{NonZeroU16, NonZeroU64};

use dumbo::stack::{Stack, StackConfig};
use dumbo::tcp::connection::Connection;
use dumbo::tcp::RestoreConfig;

use support::*;

mod support;

/// Pages of address space and pages in memory: large pieces are in the one at once, small ones only in the other.
fn pages() -> usize {
    let sizes = std::fs::read_to_string("/proc/self/statm").unwrap();
    sizes.split(' ').take(2).map(|pages| pages.parse::<usize>().unwrap()).sum()
}

#[test]
fn what_is_dropped_is_given_back() {
    let connections = || {
        let connection = Connection::open(&syn(), None, &config()).unwrap();
        let restored = Connection::restore(&connection.snapshot(), &RestoreConfig::new()).unwrap();
        assert_eq!(restored.snapshot(), connection.try_clone().unwrap().snapshot());
    };
    let stacks = || {
        let config = StackConfig::new([2; 6], US, NonZeroU64::new(1).unwrap()).listen(NonZeroU16::new(80).unwrap());
        drop(Stack::new(&config).unwrap());
    };
    connections();
    stacks();
    let before = pages();
    (0..50_000).for_each(|_| connections()); // of 128 bytes, three times
    (0..50).for_each(|_| stacks()); // of two megabytes
    assert!(pages() < before + 1000, "{before} pages have become {}", pages());
}
