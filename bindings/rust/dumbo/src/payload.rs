// SPDX-License-Identifier: Apache-2.0
//! Payload sources, as C takes them.
use core::ptr;

use dumbo_sys as sys;
use sys::ctypes::c_void;

use crate::pdu::bytes::{ByteBuffer, Layout, PayloadSource};
use crate::size_of_struct;

/// Makes a call that takes a payload source. The pointer is valid during the call, and NULL without a source.
pub(crate) fn with_payload<R: ByteBuffer + ?Sized>(
    source: PayloadSource<'_, R>,
    call: impl FnOnce(*const sys::dumbo_payload) -> i32,
) -> i32 {
    let (bytes, first) = match source {
        Some(present) => present,
        None => return call(ptr::null()),
    };
    let mut reader = Reader::new(bytes);
    let mut payload = sys::dumbo_payload {
        struct_size: size_of_struct::<sys::dumbo_payload>(),
        seq: first.0,
        ..sys::dumbo_payload::default()
    };
    match bytes.layout() {
        Layout::Contiguous(bytes) => {
            payload.kind = sys::DUMBO_PAYLOAD_BYTES;
            payload.bytes = bytes.as_ptr();
            payload.len = bytes.len() as u64;
        }
        Layout::Scattered(pieces) => {
            payload.kind = sys::DUMBO_PAYLOAD_IOVEC;
            payload.iovecs = pieces.as_ptr().cast();
            payload.iovec_count = pieces.len();
        }
        Layout::OnDemand => {
            payload.kind = sys::DUMBO_PAYLOAD_CALLBACK;
            payload.len = bytes.len() as u64;
            payload.read = Some(read::<R>);
            payload.user_data = ptr::addr_of_mut!(reader).cast();
        }
    }
    let code = call(&payload);
    reader.resume_panic();
    code
}

/// # Safety
///
/// To be called by the library only, within the call that `user_data` is the [`Reader`] of.
unsafe extern "C" fn read<R: ByteBuffer + ?Sized>(
    user_data: *mut c_void,
    offset: u64,
    to: *mut u8,
    length: usize,
) -> i32 {
    // SAFETY: with_payload() has put a Reader of this type there, and does not touch it before the call has ended.
    let reader = unsafe { &mut *user_data.cast::<Reader<'_, R>>() };
    // SAFETY: the library has `length` bytes of the caller's buffer filled, which nobody else uses during the call.
    let to = unsafe { core::slice::from_raw_parts_mut(to, length) };
    if reader.read(offset, to) {
        sys::DUMBO_OK
    } else {
        sys::DUMBO_ERR_CALLBACK
    }
}

#[cfg(feature = "std")]
struct Reader<'a, R: ?Sized> {
    bytes: &'a R,
    panic: Option<std::boxed::Box<dyn core::any::Any + Send>>,
}

#[cfg(feature = "std")]
impl<'a, R: ByteBuffer + ?Sized> Reader<'a, R> {
    fn new(bytes: &'a R) -> Self {
        Self { bytes, panic: None }
    }

    /// Whether the bytes could be read. A panic must not cross the library: it is kept for later.
    fn read(&mut self, offset: u64, to: &mut [u8]) -> bool {
        // What the panic has left half done is seen by nobody before it goes on.
        let attempt = std::panic::AssertUnwindSafe(|| self.bytes.read(offset as usize, to).is_ok());
        match std::panic::catch_unwind(attempt) {
            Ok(is_read) => is_read,
            Err(panic) => {
                self.panic = Some(panic);
                false
            }
        }
    }

    fn resume_panic(self) {
        if let Some(panic) = self.panic {
            std::panic::resume_unwind(panic);
        }
    }
}

#[cfg(not(feature = "std"))]
struct Reader<'a, R: ?Sized> {
    bytes: &'a R,
}

#[cfg(not(feature = "std"))]
impl<'a, R: ByteBuffer + ?Sized> Reader<'a, R> {
    fn new(bytes: &'a R) -> Self {
        Self { bytes }
    }

    fn read(&mut self, offset: u64, to: &mut [u8]) -> bool {
        let end = EndOnPanic;
        let is_read = self.bytes.read(offset as usize, to).is_ok();
        core::mem::forget(end);
        is_read
    }

    fn resume_panic(self) {}
}

/// Without std a panic cannot be caught; a second one while it unwinds ends the program before it reaches the library.
#[cfg(not(feature = "std"))]
struct EndOnPanic;

#[cfg(not(feature = "std"))]
impl Drop for EndOnPanic {
    fn drop(&mut self) {
        panic!("a payload source panicked");
    }
}
