//! The module's linear memory, seen from a host function.

use super::state::State;
use wasmi::{Caller, Error, Val};

/// The arguments of a host function.
pub struct Args<'a>(pub &'a [Val]);

impl Args<'_> {
    /// Argument `at` as an unsigned word.
    pub fn word(&self, at: usize) -> u32 {
        match self.0.get(at) {
            Some(Val::I32(word)) => *word as u32,
            _ => 0,
        }
    }

    /// Argument `at` as a signed double word.
    pub fn long(&self, at: usize) -> i64 {
        match self.0.get(at) {
            Some(Val::I64(long)) => *long,
            _ => 0,
        }
    }

    /// The bytes at the pointer in argument `at`, of the length in the argument after it.
    pub fn bytes(&self, caller: &Caller<'_, State>, at: usize) -> Result<Vec<u8>, Error> {
        read(caller, self.word(at), self.word(at + 1))
    }

    /// The same as text.
    pub fn text(&self, caller: &Caller<'_, State>, at: usize) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes(caller, at)?).into_owned())
    }
}

fn outside(pointer: u32, length: usize) -> Error {
    Error::new(format!("the module handed over memory that it does not have: {length} bytes at {pointer:#x}"))
}

/// Bytes of the module's memory.
pub fn read(caller: &Caller<'_, State>, pointer: u32, length: u32) -> Result<Vec<u8>, Error> {
    let memory = caller.data().memory.ok_or_else(|| Error::new("no memory"))?;
    let (start, length) = (pointer as usize, length as usize);
    memory.data(caller).get(start..start + length).map(<[u8]>::to_vec).ok_or_else(|| outside(pointer, length))
}

/// Puts bytes in the module's memory.
pub fn write(caller: &mut Caller<'_, State>, pointer: u32, bytes: &[u8]) -> Result<(), Error> {
    let memory = caller.data().memory.ok_or_else(|| Error::new("no memory"))?;
    let start = pointer as usize;
    memory
        .data_mut(caller)
        .get_mut(start..start + bytes.len())
        .ok_or_else(|| outside(pointer, bytes.len()))?
        .copy_from_slice(bytes);
    Ok(())
}

/// Puts a word in the module's memory.
pub fn write_word(caller: &mut Caller<'_, State>, pointer: u32, word: u32) -> Result<(), Error> {
    write(caller, pointer, &word.to_le_bytes())
}

/// Hands bytes over: memory from the module's own allocator, pointer and size where it wants them. Nothing is
/// allocated for nothing: the pointer is null then, as in Envoy.
pub fn give(
    caller: &mut Caller<'_, State>,
    bytes: &[u8],
    pointer_at: u32,
    size_at: u32,
) -> Result<(), Error> {
    let mut pointer = 0;
    if !bytes.is_empty() {
        let allocate = caller.data().allocate;
        let allocate = allocate.ok_or_else(|| Error::new("the module exports no allocator"))?;
        pointer = allocate.call(&mut *caller, bytes.len() as u32)?;
        write(caller, pointer, bytes)?;
    }
    write_word(caller, pointer_at, pointer)?;
    write_word(caller, size_at, bytes.len() as u32)
}
