//! The load generator: N keep-alive connections, each with one request in flight, in a closed loop.

use crate::wire::Message;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

/// What is sent, and what must come back.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The request's head without its last line end.
    pub head: String,
    /// The request's body.
    pub body: Rc<Vec<u8>>,
    /// Tell the upstream which connection asks (for streams in lockstep).
    pub numbered: bool,
    /// The status that every answer must have.
    pub status: u16,
    /// What is counted of each answer.
    pub count: Count,
    /// How many connections.
    pub connections: usize,
}

/// What is counted of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Only that it came whole.
    Nothing,
    /// Server-sent events, of which there must be so many.
    Events(usize),
    /// The reads that brought a part of it: in lockstep, the pieces that were sent.
    Pieces,
}

/// What has been done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// Answers that came whole.
    pub answers: u64,
    /// Events that came, those of unfinished answers too.
    pub events: u64,
}

/// The running generator.
#[derive(Debug)]
pub struct Load {
    port: u16,
    plan: Plan,
    conns: Vec<Conn>,
    /// Events of the current answer, by connection.
    pub received: Vec<usize>,
    /// The totals.
    pub done: Done,
    /// Start no further request.
    pub stop: bool,
    /// The first answer, as it came.
    pub first: Option<String>,
}

#[derive(Debug)]
struct Conn {
    socket: TcpStream,
    request: Rc<Vec<u8>>,
    sent: usize,
    resting: bool,
    answer: Message,
    payload: Vec<u8>,
    newline: bool,
}

impl Load {
    /// Opens the connections; `tick` sends the first requests.
    pub fn new(port: u16, plan: Plan) -> Result<Self, String> {
        let shared = Rc::new(request(&plan, None));
        let mut conns = Vec::with_capacity(plan.connections);
        for i in 0..plan.connections {
            let request = if plan.numbered { Rc::new(request(&plan, Some(i))) } else { Rc::clone(&shared) };
            conns.push(Conn {
                socket: connect(port)?,
                request,
                sent: 0,
                resting: false,
                answer: Message::new(),
                payload: Vec::new(),
                newline: false,
            });
        }
        let received = vec![0; plan.connections];
        Ok(Self { port, plan, conns, received, done: Done::default(), stop: false, first: None })
    }

    /// Starts requests again.
    pub fn go(&mut self) {
        self.stop = false;
        for conn in &mut self.conns {
            conn.resting = false;
        }
    }

    /// No answer is under way (after `stop`).
    pub fn resting(&self) -> bool {
        self.conns.iter().all(|c| c.resting)
    }

    /// Does all that can be done without waiting; whether anything was done.
    pub fn tick(&mut self, scratch: &mut [u8]) -> Result<bool, String> {
        let mut busy = false;
        for i in 0..self.conns.len() {
            busy |= self.turn(i, scratch)?;
        }
        Ok(busy)
    }

    fn turn(&mut self, i: usize, scratch: &mut [u8]) -> Result<bool, String> {
        let conn = &mut self.conns[i];
        if conn.resting {
            return Ok(false);
        }
        let mut busy = conn.send()?;
        if conn.sent == 0 {
            return Ok(busy);
        }
        let n = match conn.socket.read(scratch) {
            Ok(n) => n,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(busy),
            Err(e) => return Err(format!("the connection broke while an answer was awaited: {e}")),
        };
        busy = true;
        if n == 0 {
            return Err(format!(
                "Envoy ended a connection {}. Of the answer came: {}",
                if conn.answer.untouched() { "without an answer" } else { "within an answer" },
                show(conn.answer.text(), &conn.payload)
            ));
        }
        let expected = self.plan.status;
        let keep = self.first.is_none();
        let (received, done) = (&mut self.received[i], &mut self.done);
        let count = self.plan.count;
        let mut brought = 0;
        let (newline, payload) = (&mut conn.newline, &mut conn.payload);
        let before = *received;
        let whole = conn.answer.feed(&scratch[..n], |bytes| {
            match count {
                Count::Nothing => {}
                Count::Events(_) => *received += events(bytes, newline),
                Count::Pieces => brought = 1,
            }
            if keep || payload.len() < 512 {
                payload.extend_from_slice(&bytes[..bytes.len().min(512)]);
            }
        });
        *received += brought;
        done.events += (*received - before) as u64;
        let whole =
            whole.map_err(|e| format!("an answer has {e}: {}", show(conn.answer.text(), &conn.payload)))?;
        let Some(head) = conn.answer.head().filter(|_| whole) else { return Ok(busy) };
        if self.first.is_none() {
            self.first = Some(show(conn.answer.text(), &conn.payload));
        }
        let short = matches!(count, Count::Events(events) if events != *received);
        if head.status != expected || short {
            return Err(format!(
                "an answer has status {} and {received} events where {expected} and {count:?} were expected. It is:\n{}\n\
                 The first answer of this round was:\n{}",
                head.status,
                show(conn.answer.text(), &conn.payload),
                self.first.as_deref().unwrap_or_default(),
            ));
        }
        done.answers += 1;
        *received = 0;
        conn.answer.reset();
        conn.payload.clear();
        conn.sent = 0;
        conn.newline = false;
        conn.resting = self.stop;
        if head.close {
            conn.socket = connect(self.port)?;
        }
        if !conn.resting {
            conn.send()?;
        }
        Ok(busy)
    }
}

impl Conn {
    fn send(&mut self) -> Result<bool, String> {
        if self.sent == self.request.len() {
            return Ok(false);
        }
        match self.socket.write(&self.request[self.sent..]) {
            Ok(n) => {
                self.sent += n;
                Ok(true)
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(false),
            // An answer that came before the request was over says more than the broken pipe.
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => Ok(false),
            Err(e) => Err(format!("a request could not be sent: {e}")),
        }
    }
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .map_err(|e| format!("no connection to Envoy on port {port}: {e}"))?;
    socket.set_nodelay(true).and_then(|()| socket.set_nonblocking(true)).map_err(|e| e.to_string())?;
    Ok(socket)
}

fn request(plan: &Plan, number: Option<usize>) -> Vec<u8> {
    let mut out = plan.head.clone().into_bytes();
    if let Some(number) = number {
        out.extend_from_slice(format!("x-bench-stream: {number}\r\n").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&plan.body);
    out
}

/// How many events end in `bytes`; `newline`: the byte before them was a line end.
fn events(bytes: &[u8], newline: &mut bool) -> usize {
    let mut count = 0;
    for &byte in bytes {
        let is = byte == b'\n';
        count += usize::from(is && *newline);
        *newline = is && !*newline;
    }
    count
}

/// An answer for the eye.
fn show(head: &[u8], payload: &[u8]) -> String {
    let body = &payload[..payload.len().min(1024)];
    format!("{}{}", String::from_utf8_lossy(head), String::from_utf8_lossy(body))
}

/// One answer, waited for: its status and body.
pub fn fetch(port: u16, head: &str) -> Result<(u16, String), String> {
    let mut socket = connect(port)?;
    socket
        .set_nonblocking(false)
        .and_then(|()| socket.set_read_timeout(Some(Duration::from_secs(10))))
        .map_err(|e| e.to_string())?;
    socket.write_all(format!("{head}\r\n").as_bytes()).map_err(|e| e.to_string())?;
    let (mut answer, mut body, mut scratch) = (Message::new(), Vec::new(), vec![0; 65536]);
    loop {
        let n = socket.read(&mut scratch).map_err(|e| format!("no answer to {head}: {e}"))?;
        if n == 0 {
            return Err(format!("Envoy ended the connection instead of answering {head}"));
        }
        if answer.feed(&scratch[..n], |bytes| body.extend_from_slice(bytes))? {
            return Ok((answer.head().map_or(0, |h| h.status), String::from_utf8_lossy(&body).into_owned()));
        }
    }
}
