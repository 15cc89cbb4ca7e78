//! Calls for operators: health, readiness, status, metrics, fault rules.

use std::collections::BTreeMap;

use audio_api::{
    StatusSnapshot,
    fault::{FaultList, FaultRecord, FaultRule},
};
use http::{
    HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};

use serde_json::Value;

use crate::{Call, CallError, Client, Route, client::Request};

/// In which form metrics are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsFormat {
    /// Prometheus text, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Client {
    /// Whether the process lives.
    ///
    /// # Errors
    /// No answer, or one that is not what the contract says; likewise for the other calls.
    pub async fn health(&self) -> Result<Call<()>, CallError> {
        self.send(self.request(Method::GET, Route::Health, &[])?)
            .await?
            .interpret(|_| Ok(()))
    }

    /// Whether the target can work.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn ready(&self) -> Result<Call<()>, CallError> {
        self.send(self.request(Method::GET, Route::Ready, &[])?)
            .await?
            .interpret(|_| Ok(()))
    }

    /// The status snapshot. The reply has it as it came, for what the type does not show.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn status(&self) -> Result<Call<StatusSnapshot>, CallError> {
        self.send(self.request(Method::GET, Route::Status, &[])?)
            .await?
            .interpret(|reply| reply.typed())
    }

    /// The status snapshot as it came, whatever its fields: for those who judge them, or keep them.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn status_as_it_came(&self) -> Result<Call<Value>, CallError> {
        self.send(self.request(Method::GET, Route::Status, &[])?)
            .await?
            .interpret(|reply| reply.json())
    }

    /// Metrics as text; it is the reply's body.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn metrics(&self, format: MetricsFormat) -> Result<Call<()>, CallError> {
        let mut request = self.request(Method::GET, Route::Metrics, &[])?;
        let accept = match format {
            MetricsFormat::Prometheus => "text/plain; version=0.0.4",
            MetricsFormat::OpenMetrics => "application/openmetrics-text; version=1.0.0",
        };
        request.headers.insert(ACCEPT, HeaderValue::from_static(accept));
        self.send(request).await?.interpret(|_| Ok(()))
    }

    /// Metrics as flat JSON.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn flat_metrics(&self) -> Result<Call<BTreeMap<String, f64>>, CallError> {
        self.send(self.request(Method::GET, Route::FlatMetrics, &[])?)
            .await?
            .interpret(|reply| reply.typed())
    }

    /// The fault rules that stand, with what they did so far.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn faults(&self) -> Result<Call<FaultList>, CallError> {
        let request = self.as_admin(self.request(Method::GET, Route::Faults, &[])?);
        self.send(request).await?.interpret(|reply| reply.typed())
    }

    /// Sets a fault rule.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn add_fault(&self, rule: &FaultRule) -> Result<Call<FaultRecord>, CallError> {
        let mut request = self.as_admin(self.request(Method::POST, Route::Faults, &[])?);
        request
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Ok(body) = serde_json::to_vec(rule) else {
            unreachable!("a rule has no member that JSON cannot hold")
        };
        request.body = Some(body.into());
        self.send(request).await?.interpret(|reply| reply.typed())
    }

    /// Removes a fault rule, and with it releases what it stalled.
    ///
    /// # Errors
    /// As [`Client::health`].
    pub async fn remove_fault(&self, id: &str) -> Result<Call<()>, CallError> {
        let request = self.as_admin(self.request(Method::DELETE, Route::Fault, &[id])?);
        self.send(request).await?.interpret(|_| Ok(()))
    }

    fn as_admin(&self, mut request: Request) -> Request {
        if let Some(token) = self.admin_token() {
            request
                .headers
                .insert(self.names().admin_token.clone(), token.clone());
        }
        request
    }
}
