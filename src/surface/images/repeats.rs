//! Several pictures of a provider that makes one a request: it is asked again, with the same body.

use super::answer::{Asked, Made, Tokens};
use super::request::Request;
use crate::dialect::{Ask, Call, Convert, Next, Received, Sent, Told};
use crate::error::Error;
use crate::wire::json::Object;
use crate::wire::outgoing::Outgoing;

/// The most bytes of answers that are kept while more are asked for.
const MOST_HELD: usize = 64 << 20;

/// Reads the pictures of an answer, and adds what they took.
pub type Read = for<'a> fn(&Asked, &Object<'a>, &mut Vec<Made<'a>>, &mut Option<Tokens>) -> Result<(), Error>;

/// Reads an answer, and asks for as many as are wanted.
#[derive(Debug)]
struct Repeats {
    asked: Asked,
    read: Read,
    /// What is asked each time.
    again: Outgoing,
    /// How many pictures are still to be asked for.
    left: u64,
    /// The answers so far.
    answers: Vec<Vec<u8>>,
}

impl Request<'_> {
    /// Asks a provider that makes one picture a request for as many as are wanted, one after the other. Pictures of the
    /// client's go up once: there, and where there is a seed, `n` is named.
    ///
    /// # Errors
    /// 400 when `n` is to be named and such requests are refused.
    pub fn one_by_one(&self, call: &mut Call<'_>, body: Outgoing, read: Read) -> Result<Sent, Error> {
        // With one seed all would be one picture.
        let alone = self.pictures.is_empty() && self.mask.is_none() && !self.params.has("seed");
        let count = if alone { self.count } else { self.count(call, 1)? };
        let left = count.saturating_sub(1);
        let again = if left > 0 { body.clone() } else { Outgoing::default() };
        let asked = self.asked(call);
        Ok(Sent::asked(Ask::json(body), Repeats { asked, read, again, left, answers: Vec::new() }))
    }
}

impl Convert for Repeats {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        // What fails behind a picture that was made is a picture less.
        let (mut made, mut tokens) = (Vec::new(), None);
        let read = self
            .asked
            .object(received)
            .and_then(|object| (self.read)(&self.asked, &object, &mut made, &mut tokens));
        match read {
            Ok(()) if self.left == 0 && self.answers.is_empty() => {
                return Ok(self.asked.told(&made, tokens)?.into());
            }
            Ok(()) => self.answers.push(received.body.to_vec()),
            Err(error) if self.answers.is_empty() => return Err(error),
            // Asked for once more, it would be made no sooner.
            Err(_) => self.left = 0,
        }
        let held = self.answers.iter().fold(0_usize, |held, answer| held.saturating_add(answer.len()));
        if self.left > 0 && held < MOST_HELD {
            self.left = self.left.saturating_sub(1);
            return Ok(Told::Next(Next { method: "POST", ask: Ask::json(self.again.clone()), after: 0 }));
        }
        self.all()
    }
}

impl Repeats {
    /// The pictures of all answers.
    fn all(&self) -> Result<Told, Error> {
        let objects: Vec<Object<'_>> =
            self.answers.iter().filter_map(|answer| Object::parse(answer).ok()).collect();
        let (mut made, mut sum) = (Vec::new(), None);
        for object in &objects {
            let mut tokens = None;
            (self.read)(&self.asked, object, &mut made, &mut tokens)?;
            sum = match (sum, tokens) {
                (Some(sum), Some(tokens)) => Some(Tokens::and(sum, tokens)),
                (sum, tokens) => sum.or(tokens),
            };
        }
        Ok(self.asked.told(&made, sum)?.into())
    }
}
