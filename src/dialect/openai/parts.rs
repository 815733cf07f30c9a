//! Parts of messages, in a request of Responses that is told as a chat.
//!
//! Responses have images by the id of a file, and results of functions that hold images and files; a chat of OpenAI's
//! has neither. In a chat as clients write it such parts are words between them and the provider, and stay as they are.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create>.

use super::quirks::Edited;
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Object, items};

/// Refuses what has no place in a chat. `chunks`: results of tools are of Mistral's chunks, images among them.
///
/// # Errors
/// 400 that names the part.
pub(super) fn check(call: &Call<'_>, edited: &Edited<'_, '_>, chunks: bool) -> Result<(), Error> {
    for (at, message) in edited.get("messages").into_iter().flat_map(items).enumerate() {
        let Ok(message) = Object::parse(message.as_bytes()) else { continue };
        let text_alone = !chunks && message.string("role").as_deref() == Some("tool");
        for (number, part) in message.get("content").into_iter().flat_map(items).enumerate() {
            let Ok(part) = Object::parse(part.as_bytes()) else { continue };
            let named = part.string("type").unwrap_or_default();
            let place = || format!("messages[{at}].content[{number}]");
            if text_alone && named != "text" {
                return Err(call.unknown_form(
                    &place(),
                    &format!("parts of type '{}' in the result of a tool", shown(&named)),
                    "Send text there, and images and files in a message of the user",
                ));
            }
            let image = part.get("image_url").and_then(|image| Object::parse(image.as_bytes()).ok());
            if image.is_some_and(|image| image.get("url").is_none() && image.get("file_id").is_some()) {
                return Err(call.unknown_form(
                    &format!("{}.image_url.file_id", place()),
                    "images by the id of a file",
                    "Send the image as a URL or a data URL",
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::dialect::openai::OPENAI;
    use crate::dialect::{Body, Call, Dialect};
    use crate::endpoint::Endpoint;
    use crate::error::Error;
    use crate::provider::{Settings, Upstream, table};
    use crate::surface::Names;
    use crate::wire::json::Object;
    use serde_json::{Value, json};

    /// Asks a provider with one message of this role and content.
    fn ask(id: &str, role: &str, content: &Value, list: &'static str) -> Result<(), Error> {
        let settings = Settings { key: Some("key".to_owned()), ..Settings::default() };
        let upstream = Upstream::new(id, table::find(id).unwrap(), settings).unwrap();
        let mut call = Call {
            names: Names { list, ..Names::default() },
            ..Call::new(Endpoint::ChatCompletions, &upstream, "m")
        };
        let message = json!({"role": role, "tool_call_id": "call_0001", "content": content});
        let text = json!({"model": "m", "messages": [message]}).to_string();
        let object = Object::parse(text.as_bytes()).unwrap();
        OPENAI.request(&mut call, Body::Json(&object)).map(|_| ())
    }

    #[test]
    fn what_has_no_place_in_a_chat_is_refused_by_its_place() {
        let text = json!({"type": "text", "text": "t"});
        let image = json!({"type": "image_url", "image_url": {"url": "https://i"}});
        let named = json!({"type": "image_url", "image_url": {"file_id": "f"}});
        let file = json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AA=="}});
        for (id, role, content, param) in [
            ("cerebras", "user", json!([text, named]), Some("messages[0].content[1].image_url.file_id")),
            ("mistral", "user", json!([named]), Some("messages[0].content[0].image_url.file_id")),
            ("cerebras", "tool", json!([text, image]), Some("messages[0].content[1]")),
            ("cerebras", "tool", json!([file]), Some("messages[0].content[0]")),
            ("mistral", "tool", json!([text, image]), None),
            ("cerebras", "tool", json!([text]), None),
            ("cerebras", "tool", json!("t"), None),
            ("cerebras", "user", json!([text, image, file]), None),
        ] {
            let refused = ask(id, role, &content, "input").err();
            assert_eq!(refused.as_ref().map(|error| error.status), param.map(|_| 400), "{content}");
            assert_eq!(refused.as_ref().and_then(|error| error.param.as_deref()), param);
            if let Some(error) = refused {
                assert!(error.message.contains(id) && error.message.contains(" Send "), "{}", error.message);
            }
            // In a chat they are the client's own words.
            assert!(ask("cerebras", role, &content, "").is_ok());
        }
    }
}
