// SPDX-License-Identifier: Apache-2.0
//! Where bytes come from: packets that were received, and payload that waits to be sent.
use core::fmt;
use core::marker::PhantomData;
use core::num::Wrapping;
use core::ops::{Deref, DerefMut};

use dumbo_sys as sys;

/// The bytes of a packet, in whatever owns or borrows them.
pub trait NetworkBytes: Deref<Target = [u8]> {}
impl<T: Deref<Target = [u8]>> NetworkBytes for T {}

/// The same, and they may be changed.
pub trait NetworkBytesMut: NetworkBytes + DerefMut {}
impl<T: NetworkBytes + DerefMut> NetworkBytesMut for T {}

/// Payload to be sent, and the sequence number of its first byte. `None` is not the same as a source without bytes:
/// see [`write_next_segment`](crate::tcp::connection::Connection::write_next_segment).
pub type PayloadSource<'a, R> = Option<(&'a R, Wrapping<u32>)>;

/// Bytes that wait to be sent.
///
/// It is implemented for bytes in a row (`[u8]`), for bytes in pieces ([`[Piece]`](Piece), and with the feature `std`
/// `[IoSlice]`), and for closures, as [`OnDemand`]. Types of your own only have to say how many bytes they hold and to
/// copy some of them.
pub trait ByteBuffer {
    /// How many bytes there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies the bytes from `offset` on, as many as `to` is long. Only bytes are asked for that there are.
    ///
    /// # Errors
    ///
    /// The call that asked for them fails as well, and changes nothing.
    fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), ReadFailed>;

    /// Where the bytes lie, if they lie in memory: they are copied without [`read`](Self::read) then.
    fn layout(&self) -> Layout<'_> {
        Layout::OnDemand
    }
}

/// Where the bytes of a [`ByteBuffer`] lie.
#[derive(Clone, Copy, Debug)]
pub enum Layout<'a> {
    /// In a row.
    Contiguous(&'a [u8]),
    /// In pieces.
    Scattered(&'a [Piece<'a>]),
    /// Nowhere: [`ByteBuffer::read`] makes them when they are asked for.
    OnDemand,
}

/// A source could not give the bytes that it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadFailed;

impl fmt::Display for ReadFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes to send could not be read")
    }
}

#[cfg(feature = "std")]
impl std::error::Error for ReadFailed {}

impl ByteBuffer for [u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), ReadFailed> {
        let end = offset.checked_add(to.len()).ok_or(ReadFailed)?;
        to.copy_from_slice(self.get(offset..end).ok_or(ReadFailed)?);
        Ok(())
    }

    fn layout(&self) -> Layout<'_> {
        Layout::Contiguous(self)
    }
}

/// One piece of bytes that lie scattered: a `&[u8]` in the form in which C takes it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Piece<'a> {
    raw: sys::dumbo_iovec,
    bytes: PhantomData<&'a [u8]>,
}

// SAFETY: it is a shared reference to bytes, which may be used from any thread.
unsafe impl Send for Piece<'_> {}
// SAFETY: as above.
unsafe impl Sync for Piece<'_> {}

impl<'a> Piece<'a> {
    /// A piece that consists of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { raw: sys::dumbo_iovec { base: bytes.as_ptr(), len: bytes.len() }, bytes: PhantomData }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &'a [u8] {
        // SAFETY: address and length were taken from a slice that is borrowed for 'a.
        unsafe { core::slice::from_raw_parts(self.raw.base, self.raw.len) }
    }
}

impl Deref for Piece<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Piece").field(&self.as_bytes()).finish()
    }
}

impl ByteBuffer for [Piece<'_>] {
    fn len(&self) -> usize {
        length_of(self)
    }

    fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), ReadFailed> {
        read_pieces(self, offset, to)
    }

    fn layout(&self) -> Layout<'_> {
        Layout::Scattered(self)
    }
}

#[cfg(feature = "std")]
impl ByteBuffer for [std::io::IoSlice<'_>] {
    fn len(&self) -> usize {
        length_of(self)
    }

    fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), ReadFailed> {
        read_pieces(self, offset, to)
    }

    #[cfg(unix)]
    fn layout(&self) -> Layout<'_> {
        let first: *const Piece<'_> = self.as_ptr().cast();
        // SAFETY: on Unix an IoSlice has the layout of a struct iovec, which is an address and a length, and so has a
        // Piece. Both borrow the same bytes for as long.
        Layout::Scattered(unsafe { core::slice::from_raw_parts(first, <[_]>::len(self)) })
    }
}

fn length_of<P: Deref<Target = [u8]>>(pieces: &[P]) -> usize {
    pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.len()))
}

fn read_pieces<P: Deref<Target = [u8]>>(pieces: &[P], offset: usize, to: &mut [u8]) -> Result<(), ReadFailed> {
    let mut skip = offset;
    let mut filled = 0;
    for piece in pieces {
        let rest = piece.get(skip..).unwrap_or(&[]);
        skip = skip.saturating_sub(piece.len());
        let n = rest.len().min(to.len() - filled);
        to[filled..filled + n].copy_from_slice(&rest[..n]);
        filled += n;
    }
    if filled == to.len() {
        Ok(())
    } else {
        Err(ReadFailed)
    }
}

/// Bytes that a closure makes when they are asked for.
///
/// ```
/// use dumbo::pdu::bytes::{ByteBuffer, OnDemand};
///
/// let zeros = OnDemand::new(1_000_000, |_offset, to: &mut [u8]| {
///     to.fill(0);
///     Ok(())
/// });
/// assert_eq!(zeros.len(), 1_000_000);
/// ```
///
/// A panic of the closure's does not cross the C library. With the feature `std` it goes on behind the call, which has
/// changed nothing; without, it ends the program.
#[derive(Clone, Copy)]
pub struct OnDemand<F> {
    length: usize,
    read: F,
}

impl<F: Fn(usize, &mut [u8]) -> Result<(), ReadFailed>> OnDemand<F> {
    /// `length` bytes; `read` copies those from an offset on, as [`ByteBuffer::read`] does.
    pub fn new(length: usize, read: F) -> Self {
        Self { length, read }
    }
}

impl<F> fmt::Debug for OnDemand<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnDemand").field("length", &self.length).finish_non_exhaustive()
    }
}

impl<F: Fn(usize, &mut [u8]) -> Result<(), ReadFailed>> ByteBuffer for OnDemand<F> {
    fn len(&self) -> usize {
        self.length
    }

    fn read(&self, offset: usize, to: &mut [u8]) -> Result<(), ReadFailed> {
        (self.read)(offset, to)
    }
}
