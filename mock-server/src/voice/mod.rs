//! The deterministic mock voice: text and voice id into PCM, and the model of what that costs.
