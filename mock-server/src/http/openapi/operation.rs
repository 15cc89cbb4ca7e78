//! One operation: what it takes, and what it answers.

use std::collections::BTreeMap;

use audio_api::fault::Stage;
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use super::{answer::Answer, code::Code};

/// Named schemas that an operation refers to.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What is documented of an operation.
pub(in crate::http) struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    parameters: Vec<&'static str>,
    body: Option<Value>,
    answers: BTreeMap<u16, Answer>,
    stages: Vec<Stage>,
    pub(super) schemas: Schemas,
}

impl Operation {
    pub(super) fn new(id: &'static str, tag: &'static str, summary: &'static str) -> Self {
        Self {
            id,
            tag,
            summary,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            stages: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// Under another name, for another method or path.
    pub(super) fn named(self, id: &'static str, summary: &'static str) -> Self {
        Self { id, summary, ..self }
    }

    /// Takes these of the [`parameter`](super::parameter)s; those of the path come from its template.
    pub(super) fn takes(mut self, parameters: &[&'static str]) -> Self {
        self.parameters.extend_from_slice(parameters);
        self
    }

    /// Takes a body of JSON.
    pub(super) fn body<T: ToSchema>(mut self, schema: impl FnOnce(Value) -> Value) -> Self {
        self.body = Some(json!({
            "required": true,
            "content": {"application/json": {"schema": schema(refer::<T>(&mut self.schemas))}},
        }));
        self
    }

    pub(super) fn answers(mut self, status: u16, answer: Answer) -> Self {
        self.answers.insert(status, answer);
        self
    }

    /// Answers with JSON of this type.
    pub(super) fn answers_with<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let schema = refer::<T>(&mut self.schemas);
        self.answers(status, Answer::json(description, schema))
    }

    /// Answers with problems of these codes, each with its status.
    pub(super) fn refuses(mut self, codes: &[Code]) -> Self {
        for code in codes {
            let answer = self
                .answers
                .entry(code.status)
                .or_insert_with(|| Answer::problem(code.status));
            answer.codes.push(*code);
        }
        self
    }

    /// Changes what is said of one status.
    pub(super) fn amended(mut self, status: u16, amend: impl FnOnce(Answer) -> Answer) -> Self {
        if let Some(answer) = self.answers.remove(&status) {
            self.answers.insert(status, amend(answer));
        }
        self
    }

    /// Adds links to operations that take a part of this answer.
    pub(super) fn links(self, status: u16, links: Value) -> Self {
        self.amended(status, |answer| answer.links(links))
    }

    /// A fault rule at one of these stages can make it answer any status from 400 to 599.
    pub(super) fn passes(mut self, stages: &[Stage]) -> Self {
        self.stages.extend_from_slice(stages);
        self
    }

    /// For HEAD: the same without content, and without what only ranges give.
    pub(super) fn without_content(mut self) -> Self {
        self.answers.retain(|status, _| !matches!(status, 206 | 416));
        self.parameters
            .retain(|name| !matches!(*name, "Range" | "If-Range"));
        for answer in self.answers.values_mut() {
            answer.content.clear();
        }
        self
    }

    /// The operation object. `suffix` is added to its id, which is unique in the document.
    pub(super) fn render(self, suffix: &str, path: &str, security: &[Value]) -> Value {
        let in_path = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<_> = in_path
            .chain(["X-Request-Id"])
            .chain(self.parameters)
            .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
            .collect();
        let answers = self.answers.into_iter();
        let responses: BTreeMap<_, _> = answers
            .map(|(status, answer)| (status.to_string(), answer.render(suffix)))
            .collect();
        let mut operation = json!({
            "operationId": format!("{}{suffix}", self.id),
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": parameters,
            "responses": responses,
        });
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        if !security.is_empty() {
            operation["security"] = security.into();
        }
        if !self.stages.is_empty() {
            operation["x-fault-stages"] = self.stages.into_iter().map(Stage::as_str).collect();
        }
        operation
    }
}

fn refer<T: ToSchema>(schemas: &mut Schemas) -> Value {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
    json!({"$ref": format!("#/components/schemas/{}", T::name())})
}
