//! The response object, at the start, in the end, and when it failed.
//!
//! Source: `Response` and `ResponseErrorCode` of OpenAI's specification.

use super::Responses;
use super::events::{list, string};
use crate::chat::{Counts, FinishReason};
use crate::error::Error;
use crate::surface::{in_line, inner};
use crate::wire::json::quoted;
use crate::wire::write::Text;
use std::fmt::Write as _;

/// How far an answer is.
#[derive(Clone, Copy, Debug)]
pub(super) enum State<'a> {
    InProgress,
    /// At its end, for the reason that was told.
    Ended,
    Failed(&'a Error),
}

/// The codes that an error of a response may have. The list is closed.
const CODES: [&str; 20] = [
    "server_error",
    "rate_limit_exceeded",
    "invalid_prompt",
    "data_residency_mismatch",
    "bio_policy",
    "vector_store_timeout",
    "invalid_image",
    "invalid_image_format",
    "invalid_base64_image",
    "invalid_image_url",
    "image_too_large",
    "image_too_small",
    "image_parse_error",
    "image_content_policy_violation",
    "invalid_image_mode",
    "image_file_too_large",
    "unsupported_image_media_type",
    "empty_image_file",
    "failed_to_download_image",
    "image_file_not_found",
];

/// The code of the list that comes closest to an error's. The error event before it has the error's own.
pub(super) fn code(error: &Error) -> &str {
    match (error.code.as_deref(), error.status) {
        (Some(code), _) if CODES.contains(&code) => code,
        (_, 429) => "rate_limit_exceeded",
        (_, 400..=499) => "invalid_prompt",
        _ => "server_error",
    }
}

/// Why an answer is not whole.
pub(super) fn incomplete(reason: Option<FinishReason>) -> Option<&'static str> {
    match reason? {
        FinishReason::Length => Some("max_output_tokens"),
        FinishReason::ContentFilter => Some("content_filter"),
        FinishReason::Stop | FinishReason::ToolCalls => None,
    }
}

impl Responses {
    /// Writes the object.
    pub(super) fn object(&self, state: State<'_>, out: &mut String) {
        let cut = match state {
            State::Ended => incomplete(self.reason),
            _ => None,
        };
        let status = match (state, cut) {
            (State::InProgress, _) => "in_progress",
            (State::Failed(_), _) => "failed",
            (State::Ended, Some(_)) => "incomplete",
            (State::Ended, None) => "completed",
        };
        let created = self.known.created.unwrap_or(self.wanted.ids.created);
        let _ = write!(
            out,
            "{{\"id\":\"{}\",\"object\":\"response\",\"created_at\":{created},\"status\":\"{status}\",\"background\":false,\
             \"completed_at\":",
            self.wanted.ids.make("resp_", 0)
        );
        if status == "completed" {
            // There is no later time than the request's.
            let _ = write!(out, "{}", created.max(self.wanted.ids.created));
        } else {
            out.push_str("null");
        }
        match state {
            State::Failed(error) => {
                let message = quoted(&error.message);
                let _ = write!(out, ",\"error\":{{\"code\":\"{}\",\"message\":{message}}}", code(error));
            }
            _ => out.push_str(",\"error\":null"),
        }
        match cut {
            Some(reason) => {
                let _ = write!(out, ",\"incomplete_details\":{{\"reason\":\"{reason}\"}}");
            }
            None => out.push_str(",\"incomplete_details\":null"),
        }
        if !self.asked.echo.is_empty() {
            out.push(',');
            out.push_str(&in_line(&self.asked.echo));
        }
        let model = self.known.model.as_deref().unwrap_or(&self.wanted.model);
        string(out, "model", &inner(Text::Plain(model)));
        out.push_str(",\"output\":[");
        for (number, item) in self.items.iter().enumerate() {
            out.push_str(if number == 0 { "" } else { "," });
            item.write(out);
        }
        out.push_str("],\"previous_response_id\":null,\"service_tier\":");
        match self.known.service_tier {
            Some(tier) => out.push_str(&quoted(tier)),
            None => out.push_str("null"),
        }
        out.push_str(",\"store\":false,\"usage\":");
        // Some providers count when they begin; OpenAI tells of it when the answer is over.
        match (&self.counts, state) {
            (Some(counts), State::Ended | State::Failed(_)) => out.push_str(&usage(counts)),
            // SDKs insist on it where an answer is over. As in a chat, what was not counted is 0.
            (None, State::Ended) => out.push_str(&usage(&Counts::default())),
            _ => out.push_str("null"),
        }
        if !self.late.is_empty() {
            list(out, "citations", &self.late);
        }
        let ended = matches!(state, State::Ended);
        if ended && !self.logprobs.is_empty() {
            list(out, "logprobs", &self.logprobs);
        }
        if ended && self.services.is_empty() && !self.extras.is_empty() {
            let _ = write!(out, ",\"extra_content\":{{\"{}\":[{}]}}", self.dialect, self.extras);
        }
        out.push('}');
    }
}

/// OpenAI's `usage` object of Responses, on one line.
fn usage(counts: &Counts) -> String {
    format!(
        "{{\"input_tokens\":{},\"input_tokens_details\":{{\"cached_tokens\":{},\"cache_write_tokens\":{}}},\"output_tokens\":{},\
         \"output_tokens_details\":{{\"reasoning_tokens\":{}}},\"total_tokens\":{}{}}}",
        counts.input,
        counts.cached.unwrap_or(0),
        counts.cache_write.unwrap_or(0),
        counts.output,
        counts.reasoning.unwrap_or(0),
        counts.input.saturating_add(counts.output),
        in_line(&counts.more)
    )
}
