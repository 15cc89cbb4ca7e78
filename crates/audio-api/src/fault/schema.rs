//! How stages and kinds are described in an OpenAPI document: their types here are not what stands on the wire.

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, RefOr, Schema,
        schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Type},
    },
};

use super::{Kind, Stage};

impl PartialSchema for Stage {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "A stage of the pipeline, in the order in which a job passes them.",
            ))
            .enum_values(Some(Stage::ALL.map(Stage::as_str)))
            .into()
    }
}

impl ToSchema for Stage {}

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        let number = |kind: Type| ObjectBuilder::new().schema_type(kind);
        let yes = || {
            ObjectBuilder::new()
                .schema_type(Type::Boolean)
                .enum_values(Some([true]))
        };
        let share = number(Type::Number).minimum(Some(0)).exclusive_maximum(Some(1));
        let leak = number(Type::Integer).minimum(Some(1)).maximum(Some(1 << 30));
        OneOfBuilder::new()
            .description(Some("What a fault does where it strikes: one member names it."))
            .item(one(
                "sleep_ms",
                "Waits so many milliseconds, then goes on.",
                sleep_ms(),
            ))
            .item(error())
            .item(one("stall", "Waits until the rule is removed or expires.", yes()))
            .item(one("drop", "Closes the connection, or forgets the lease.", yes()))
            .item(one("truncate", "Keeps only this share of the bytes.", share))
            .item(one(
                "bytes_per_s",
                "Lets bytes through at this rate.",
                number(Type::Integer).minimum(Some(1)),
            ))
            .item(one(
                "crash",
                "Kills the worker task, or the whole process.",
                yes(),
            ))
            .item(one("leak_bytes_per_s", "Leaks memory at this rate.", leak))
            .into()
    }
}

impl ToSchema for Kind {}

fn one(name: &str, does: &str, value: impl Into<RefOr<Schema>>) -> Object {
    member(name, does, value).build()
}

fn member(name: &str, does: &str, value: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    ObjectBuilder::new()
        .description(Some(does))
        .property(name, value)
        .required(name)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn error() -> Object {
    let status = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(400))
        .maximum(Some(599));
    let retry_after_s = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(0))
        .maximum(Some(u32::MAX))
        .description(Some(
            "The Retry-After of the answer, in seconds; at http.* stages only.",
        ));
    member("error", "Answers with this status, or fails the attempt.", status)
        .property("retry_after_s", retry_after_s)
        .build()
}

/// Milliseconds, or the median in milliseconds and the sigma of a log-normal distribution.
fn sleep_ms() -> OneOfBuilder {
    let fixed = ObjectBuilder::new()
        .schema_type(Type::Number)
        .minimum(Some(0.001))
        .maximum(Some(3_600_000));
    let pair = ArrayBuilder::new()
        .items(Object::with_type(Type::Number))
        .min_items(Some(2))
        .max_items(Some(2))
        .examples([json!([100.0, 0.5])]);
    OneOfBuilder::new().item(fixed).item(one(
        "lognormal",
        "Drawn: its median in milliseconds, and its sigma.",
        pair,
    ))
}
