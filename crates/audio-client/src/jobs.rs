//! Calls on jobs: submit, look, list, cancel, delete, regenerate.

use audio_api::{CancelAnswer, JobAnswer, JobId, JobList, JobStatus, SubmitAnswer, SubmitRequest};
use bytes::Bytes;
use http::{HeaderValue, Method, header::CONTENT_TYPE};

use crate::{
    Call, CallError, Client, Route,
    client::Request,
    states::{Places, read},
};

/// Makes a submit repeatable: the same key and body give the same job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitKey(HeaderValue);

impl SubmitKey {
    /// A key; `None` when it has characters that no header may have.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        HeaderValue::from_str(key).ok().map(Self)
    }
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only those in this state.
    pub status: Option<JobStatus>,
    /// At most so many.
    pub limit: Option<u32>,
    /// From the `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Client {
    /// Submits a job.
    ///
    /// # Errors
    /// No answer, or one that is not what the contract says; likewise for the other calls.
    pub async fn submit(&self, job: &SubmitRequest) -> Result<Call<JobAnswer>, CallError> {
        self.submit_keyed(job, None).await
    }

    /// Submits a job under a key, or without one.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_keyed(
        &self,
        job: &SubmitRequest,
        key: Option<&SubmitKey>,
    ) -> Result<Call<JobAnswer>, CallError> {
        let mut request = self.submit_request(Route::Submit, job)?;
        if let Some(SubmitKey(key)) = key {
            request
                .headers
                .insert(self.names().idempotency_key.clone(), key.clone());
        }
        self.job_answer(request).await
    }

    /// Submits a body as it is, for what no [`SubmitRequest`] can say.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_raw(
        &self,
        content_type: &'static str,
        body: impl Into<Bytes> + Send,
    ) -> Result<Call<JobAnswer>, CallError> {
        let mut request = self.request(Method::POST, Route::Submit, &[])?;
        request
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        request.body = Some(body.into());
        self.job_answer(request).await
    }

    /// Submits a job on the reader's route.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_reader(&self, job: &SubmitRequest) -> Result<Call<SubmitAnswer>, CallError> {
        let request = self.submit_request(Route::SubmitReader, job)?;
        self.send(request)
            .await?
            .interpret(|reply| read(reply, self.profile(), Places::Job))
    }

    /// Looks at a job.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn job(&self, job: &JobId) -> Result<Call<JobAnswer>, CallError> {
        self.job_answer(self.request(Method::GET, Route::Job, &[job.as_str()])?)
            .await
    }

    /// Lists jobs, newest first.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn list(&self, query: &ListQuery) -> Result<Call<JobList>, CallError> {
        let mut request = self.request(Method::GET, Route::List, &[])?;
        let state = query.status.and_then(|state| self.profile().job_states.of(state));
        let pairs = [
            ("status", state.map(ToOwned::to_owned)),
            ("limit", query.limit.map(|limit| limit.to_string())),
            ("cursor", query.cursor.clone()),
        ];
        let given: Vec<(&str, String)> = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        request.path = with_query(request.path, &given);
        self.send(request)
            .await?
            .interpret(|reply| read(reply, self.profile(), Places::JobList))
    }

    /// Cancels a job.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn cancel(&self, job: &JobId) -> Result<Call<CancelAnswer>, CallError> {
        let request = self.request(Method::POST, Route::Cancel, &[job.as_str()])?;
        self.send(request)
            .await?
            .interpret(|reply| read(reply, self.profile(), Places::Status))
    }

    /// Deletes a job.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn delete(&self, job: &JobId) -> Result<Call<()>, CallError> {
        let request = self.request(Method::DELETE, Route::Delete, &[job.as_str()])?;
        self.send(request).await?.interpret(|_| Ok(()))
    }

    /// Submits a job's text again, past the cache.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn regenerate(&self, job: &JobId) -> Result<Call<JobAnswer>, CallError> {
        self.job_answer(self.request(Method::POST, Route::Regenerate, &[job.as_str()])?)
            .await
    }

    async fn job_answer(&self, request: Request) -> Result<Call<JobAnswer>, CallError> {
        self.send(request)
            .await?
            .interpret(|reply| read(reply, self.profile(), Places::Job))
    }

    fn submit_request(&self, route: Route, job: &SubmitRequest) -> Result<Request, CallError> {
        let mut request = self.request(Method::POST, route, &[])?;
        request
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let Ok(body) = serde_json::to_vec(job) else {
            unreachable!("a submit has no member that JSON cannot hold")
        };
        request.body = Some(body.into());
        Ok(request)
    }
}

fn with_query(path: String, pairs: &[(&str, String)]) -> String {
    if pairs.is_empty() {
        return path;
    }
    let mut query = reqwest::Url::parse("http://h/").unwrap_or_else(|_| unreachable!("a literal"));
    query.query_pairs_mut().extend_pairs(pairs);
    format!("{path}?{}", query.query().unwrap_or_default())
}
