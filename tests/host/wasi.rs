//! The part of WASI preview 1 that Envoy gives to a module.

use super::memory::{Args, read, write, write_word};
use super::state::{Log, State};
use wasmi::{Caller, Error};

const SUCCESS: i32 = 0;
const BAD_FILE: i32 = 8;
const NO_SUCH_CALL: i32 = 52;
const NOT_SUPPORTED: i32 = 58;

/// The function behind an import, and how many arguments it takes.
pub fn find(name: &str) -> Option<super::imports::Import> {
    Some(match name {
        "args_get" => (2, |_, _| Ok(SUCCESS)),
        "args_sizes_get" => (2, |caller, args| {
            write_word(caller, args.word(0), 0)?;
            write_word(caller, args.word(1), 0)?;
            Ok(SUCCESS)
        }),
        "clock_res_get" => (2, |caller, args| {
            write(caller, args.word(1), &1_u64.to_le_bytes())?;
            Ok(SUCCESS)
        }),
        "clock_time_get" => (3, clock_time_get),
        "environ_get" => (2, environ_get),
        "environ_sizes_get" => (2, environ_sizes_get),
        "fd_close" => (1, |_, _| Ok(SUCCESS)),
        "fd_fdstat_get" => (2, fd_fdstat_get),
        "fd_fdstat_set_flags" => (2, |_, _| Ok(NO_SUCH_CALL)),
        "fd_filestat_get" => (2, |_, _| Ok(BAD_FILE)),
        "fd_prestat_dir_name" => (3, |_, _| Ok(NO_SUCH_CALL)),
        "fd_prestat_get" => (2, |_, _| Ok(BAD_FILE)),
        "fd_read" => (4, |_, _| Ok(NO_SUCH_CALL)),
        "fd_seek" => (4, |_, _| Ok(SUCCESS)),
        "fd_write" => (4, fd_write),
        "path_filestat_get" => (5, |_, _| Ok(NOT_SUPPORTED)),
        "path_open" => (9, |_, _| Ok(44)),
        "poll_oneoff" => (4, |_, _| Ok(NO_SUCH_CALL)),
        "proc_exit" => (1, |_, args| {
            let code = args.word(0);
            Err(Error::new(format!("the module called proc_exit({code})")))
        }),
        "random_get" => (2, random_get),
        "sched_yield" => (0, |_, _| Ok(SUCCESS)),
        _ => return None,
    })
}

fn clock_time_get(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    if args.word(0) > 1 {
        return Ok(NOT_SUPPORTED);
    }
    let now = caller.data().clock;
    write(caller, args.word(2), &now.to_le_bytes())?;
    Ok(SUCCESS)
}

fn environ_get(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let (mut list, mut text) = (args.word(0), args.word(1));
    for entry in caller.data().env.clone() {
        write_word(caller, list, text)?;
        write(caller, text, entry.as_bytes())?;
        let end = text + entry.len() as u32;
        write(caller, end, &[0])?;
        list += 4;
        text = end + 1;
    }
    Ok(SUCCESS)
}

fn environ_sizes_get(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let env = &caller.data().env;
    let count = env.len() as u32;
    let size = env.iter().map(|entry| entry.len() as u32 + 1).sum();
    write_word(caller, args.word(0), count)?;
    write_word(caller, args.word(1), size)?;
    Ok(SUCCESS)
}

fn fd_fdstat_get(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    if !matches!(args.word(0), 1 | 2) {
        return Ok(BAD_FILE);
    }
    let mut stat = [0; 24];
    if let Some(rights) = stat.get_mut(8) {
        *rights = 64;
    }
    write(caller, args.word(1), &stat)?;
    Ok(SUCCESS)
}

fn fd_write(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let level = match args.word(0) {
        1 => 2,
        2 => 4,
        _ => return Ok(BAD_FILE),
    };
    let vectors = read(caller, args.word(1), args.word(2) * 8)?;
    let mut text = Vec::new();
    for vector in vectors.chunks_exact(8) {
        let (pointer, length) = vector.split_at(4);
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        text.extend(read(caller, word(pointer), word(length))?);
    }
    write_word(caller, args.word(3), text.len() as u32)?;
    if !text.is_empty() {
        let text = String::from_utf8_lossy(&text).trim_end_matches('\n').to_owned();
        caller.data_mut().logs.push(Log { level, text });
    }
    Ok(SUCCESS)
}

fn random_get(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let state = caller.data_mut();
    let bytes: Vec<u8> = (0..args.word(1)).map(|_| state.next_random() as u8).collect();
    write(caller, args.word(0), &bytes)?;
    Ok(SUCCESS)
}
