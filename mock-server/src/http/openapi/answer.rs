//! What an operation answers with one status.

use std::collections::BTreeMap;

use audio_api::PROBLEM_CONTENT_TYPE;
use serde_json::{Map, Value, json};

use super::code::Code;

/// Headers, content by media type, and the codes of problems.
pub(super) struct Answer {
    description: String,
    headers: Vec<(&'static str, Presence)>,
    pub(super) content: BTreeMap<&'static str, Value>,
    pub(super) codes: Vec<Code>,
    links: Value,
}

/// Whether a header stands on each answer of the status.
#[derive(Clone, Copy)]
enum Presence {
    Always,
    Sometimes,
}

impl Answer {
    /// Without content.
    pub(super) fn empty(description: &str) -> Self {
        Self {
            description: description.to_owned(),
            headers: Vec::new(),
            content: BTreeMap::new(),
            codes: Vec::new(),
            links: Value::Null,
        }
        .always(&["X-Request-Id"])
        .sometimes(&["Cache-Control"])
    }

    /// With JSON that no cache keeps.
    pub(super) fn json(description: &str, schema: Value) -> Self {
        Self::empty(description)
            .always(&["Cache-Control"])
            .content("application/json", schema)
    }

    /// A refusal of this status with problems.
    pub(super) fn problem(status: u16) -> Self {
        let answer = Self::empty("").always(&["Cache-Control"]);
        let answer = answer.content(PROBLEM_CONTENT_TYPE, json!({}));
        match status {
            401 => answer.always(&["WWW-Authenticate"]),
            413 => answer.sometimes(&["Connection"]),
            429 | 503 => answer.sometimes(&["Retry-After"]),
            _ => answer,
        }
    }

    pub(super) fn content(mut self, media_type: &'static str, schema: Value) -> Self {
        self.content.insert(media_type, schema);
        self
    }

    /// With links to operations that take a part of it.
    pub(super) fn links(self, links: Value) -> Self {
        Self { links, ..self }
    }

    /// With these headers, on each answer.
    pub(super) fn always(self, names: &[&'static str]) -> Self {
        self.with(names, Presence::Always)
    }

    /// With these headers, on some answers.
    pub(super) fn sometimes(self, names: &[&'static str]) -> Self {
        self.with(names, Presence::Sometimes)
    }

    fn with(mut self, names: &[&'static str], presence: Presence) -> Self {
        self.headers.retain(|(name, _)| !names.contains(name));
        self.headers.extend(names.iter().map(|name| (*name, presence)));
        self
    }

    /// The response object. `suffix` is that of the operations which its links name.
    pub(super) fn render(mut self, suffix: &str) -> Value {
        let headers: Map<_, _> = self
            .headers
            .iter()
            .map(|(name, presence)| {
                let component = match presence {
                    Presence::Always => (*name).to_owned(),
                    Presence::Sometimes => format!("{name}.optional"),
                };
                (
                    (*name).to_owned(),
                    json!({"$ref": format!("#/components/headers/{component}")}),
                )
            })
            .collect();
        if let Some(schema) = self.content.get_mut(PROBLEM_CONTENT_TYPE) {
            let codes: Vec<_> = self.codes.iter().map(|code| code.name).collect();
            *schema = json!({
                "allOf": [{"$ref": "#/components/schemas/Problem"}],
                "properties": {"code": {"enum": codes}},
            });
        }
        let mut response = json!({"description": self.describe(), "headers": headers});
        if !self.content.is_empty() {
            let content = self.content.into_iter();
            let content: Map<_, _> = content
                .map(|(media_type, schema)| (media_type.to_owned(), json!({"schema": schema})))
                .collect();
            response["content"] = content.into();
        }
        if let Value::Object(links) = self.links {
            response["links"] = links
                .into_iter()
                .map(|(id, parameters)| {
                    let operation = format!("{id}{suffix}");
                    (
                        operation.clone(),
                        json!({"operationId": operation, "parameters": parameters}),
                    )
                })
                .collect::<Map<_, _>>()
                .into();
        }
        response
    }

    fn describe(&self) -> String {
        let codes = self
            .codes
            .iter()
            .map(|code| format!("`{}`: {}", code.name, code.meaning));
        let lines: Vec<_> = (!self.description.is_empty())
            .then(|| self.description.clone())
            .into_iter()
            .chain(codes)
            .collect();
        lines.join("\n\n")
    }
}
