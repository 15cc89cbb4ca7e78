//! Routes together with what is documented of them: none can be added without its operation.

use axum::{
    Router,
    handler::Handler,
    routing::{MethodFilter, on},
};

use super::{App, openapi::Operation};

/// Some of the routes.
pub(super) struct Routes {
    router: Router<App>,
    operations: Vec<Documented>,
}

/// An operation that a route serves.
pub(super) struct Documented {
    /// As a path item names it: `get`, `head`, `post`, `delete`.
    pub(super) method: &'static str,
    /// The template, as in `/v1/tts/jobs/{job_id}`.
    pub(super) path: String,
    /// Says what it is; called when somebody asks for the document.
    pub(super) describe: fn() -> Operation,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
        }
    }

    /// A route for GET. HEAD is answered too, as RFC 9110 §9.3.2 has it, and not documented.
    pub(super) fn get<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        describe: fn() -> Operation,
    ) -> Self {
        // axum lets GET routes answer HEAD by itself.
        self.on(MethodFilter::GET, "get", path, handler, describe)
    }

    /// A route for GET and HEAD, each with its operation.
    pub(super) fn get_and_head<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        get: fn() -> Operation,
        head: fn() -> Operation,
    ) -> Self {
        self.get(path, handler, get).documented("head", path, head)
    }

    /// A route for POST.
    pub(super) fn post<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        describe: fn() -> Operation,
    ) -> Self {
        self.on(MethodFilter::POST, "post", path, handler, describe)
    }

    /// A route for DELETE.
    pub(super) fn delete<H: Handler<T, App>, T: 'static>(
        self,
        path: &'static str,
        handler: H,
        describe: fn() -> Operation,
    ) -> Self {
        self.on(MethodFilter::DELETE, "delete", path, handler, describe)
    }

    /// All of `routes` under a prefix.
    pub(super) fn nest(mut self, prefix: &'static str, routes: Self) -> Self {
        self.router = self.router.nest(prefix, routes.router);
        self.operations
            .extend(routes.operations.into_iter().map(|operation| Documented {
                path: format!("{prefix}{}", operation.path.trim_end_matches('/')),
                ..operation
            }));
        self
    }

    /// What serves them.
    pub(super) fn router(self) -> Router<App> {
        self.router
    }

    /// What is documented of them.
    pub(super) fn operations(self) -> Vec<Documented> {
        self.operations
    }

    fn on<H: Handler<T, App>, T: 'static>(
        mut self,
        filter: MethodFilter,
        method: &'static str,
        path: &'static str,
        handler: H,
        describe: fn() -> Operation,
    ) -> Self {
        self.router = self.router.route(path, on(filter, handler));
        self.documented(method, path, describe)
    }

    fn documented(mut self, method: &'static str, path: &str, describe: fn() -> Operation) -> Self {
        self.operations.push(Documented {
            method,
            path: path.to_owned(),
            describe,
        });
        self
    }
}
