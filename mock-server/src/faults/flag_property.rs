//! The property that the flag form of a fault rule must have, whatever is written: it is refused with words, or it is a
//! rule that stands on the wire as the same rule. The fuzzer and its corpus go through here.

use audio_api::fault::FaultRule;

/// Panics if these bytes do not have the property.
///
/// By way of a JSON value rather than its text: read from text, a number with a fraction may be off in its last bit,
/// which is a matter of the reader of JSON.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(flag) = std::str::from_utf8(bytes) else {
        return;
    };
    match flag.parse::<FaultRule>() {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(rule) => {
            let wire = serde_json::to_value(&rule).expect("a rule can be written");
            let read: FaultRule =
                serde_json::from_value(wire.clone()).unwrap_or_else(|error| panic!("{wire}: {error}"));
            assert_eq!(read, rule, "{wire}");
        }
    }
}
