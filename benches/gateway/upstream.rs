//! The provider's stand-in: reads a request of any framing and answers from memory. One listener
//! for each Envoy, so the connections that the resting one keeps open cost the running one nothing.

use crate::wire::Message;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// When the next event of a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As soon as the socket takes it.
    Free,
    /// When the client has received the one before it: every event crosses Envoy by itself.
    Lockstep,
    /// At a fixed interval.
    Every(Duration),
}

/// What every request is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// These bytes.
    Whole(Rc<Vec<u8>>),
    /// A head, then pieces, each in its own write.
    Stream(Rc<Vec<Vec<u8>>>, Pace),
}

/// The server of one Envoy.
#[derive(Debug)]
pub struct Upstream {
    listener: TcpListener,
    conns: Vec<Conn>,
    answer: Answer,
}

#[derive(Debug)]
struct Conn {
    socket: TcpStream,
    request: Message,
    writing: Option<Writing>,
}

#[derive(Debug)]
struct Writing {
    piece: usize,
    at: usize,
    since: Instant,
    stream: usize,
}

impl Upstream {
    /// Listens on a free port.
    pub fn new() -> Result<Self, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .map_err(|e| format!("the upstream cannot listen: {e}"))?;
        listener.set_nonblocking(true).map_err(|e| e.to_string())?;
        Ok(Self { listener, conns: Vec::new(), answer: Answer::Whole(Rc::default()) })
    }

    /// Where it listens.
    pub fn port(&self) -> Result<u16, String> {
        self.listener.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
    }

    /// What it answers from now on.
    pub fn answer_with(&mut self, answer: Answer) {
        self.answer = answer;
    }

    /// Does all that can be done without waiting; whether anything was done. `received` says for
    /// each of the load generator's connections how many events of its stream it has.
    pub fn tick(&mut self, received: &[usize], scratch: &mut [u8]) -> Result<bool, String> {
        let mut busy = false;
        while let Ok((socket, _)) = self.listener.accept() {
            socket
                .set_nonblocking(true)
                .and_then(|()| socket.set_nodelay(true))
                .map_err(|e| e.to_string())?;
            self.conns.push(Conn { socket, request: Message::new(), writing: None });
            busy = true;
        }
        let mut i = 0;
        while i < self.conns.len() {
            match self.conns[i].tick(&self.answer, received, scratch) {
                Ok(true) => busy = true,
                Ok(false) => {}
                Err(None) => {
                    self.conns.swap_remove(i);
                    continue;
                }
                Err(Some(message)) => return Err(format!("the upstream read {message}")),
            }
            i += 1;
        }
        Ok(busy)
    }
}

impl Conn {
    fn tick(
        &mut self,
        answer: &Answer,
        received: &[usize],
        scratch: &mut [u8],
    ) -> Result<bool, Option<String>> {
        if self.writing.is_none() {
            let n = match self.socket.read(scratch) {
                Ok(0) => return Err(None),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(_) => return Err(None),
            };
            if !self.request.feed(&scratch[..n], |_| {}).map_err(Some)? {
                return Ok(true);
            }
            let stream = self.request.head().and_then(|h| h.stream).unwrap_or(0);
            self.request.reset();
            self.writing = Some(Writing { piece: 0, at: 0, since: Instant::now(), stream });
            self.write(answer, received)?;
            return Ok(true);
        }
        self.write(answer, received)
    }

    fn write(&mut self, answer: &Answer, received: &[usize]) -> Result<bool, Option<String>> {
        let Some(w) = &mut self.writing else { return Ok(false) };
        let mut busy = false;
        loop {
            let piece = match answer {
                Answer::Whole(bytes) if w.piece == 0 => bytes,
                Answer::Whole(_) => break,
                Answer::Stream(pieces, pace) => {
                    let Some(piece) = pieces.get(w.piece) else { break };
                    let due = match pace {
                        _ if w.piece == 0 || w.at > 0 => true,
                        Pace::Free => true,
                        // The head and the first event go unasked.
                        Pace::Lockstep => received.get(w.stream).is_some_and(|&n| n + 1 >= w.piece),
                        Pace::Every(gap) => w.since.elapsed() >= *gap * (w.piece as u32 - 1),
                    };
                    if !due {
                        return Ok(busy);
                    }
                    piece
                }
            };
            match self.socket.write(&piece[w.at..]) {
                Ok(n) => w.at += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(busy),
                Err(_) => return Err(None),
            }
            busy = true;
            if w.at == piece.len() {
                w.piece += 1;
                w.at = 0;
            }
        }
        self.writing = None;
        Ok(busy)
    }
}
