//! A browser: it keeps the cookie, and says from which site a request comes.

use std::sync::Arc;

use console::Console;
use dialect_kit::{Proxies, testing::Server};
use dialect_native::Native;
use engine::testing::Choices;
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};

pub struct Browser {
    pub server: Server,
    http: Client,
    pub cookie: Option<String>,
}

/// What a browser got.
pub struct Page {
    pub status: u16,
    pub text: String,
    /// Where the answer leads.
    pub location: Option<String>,
    /// The whole line of the cookie.
    pub set_cookie: Option<String>,
    pub headers: reqwest::header::HeaderMap,
}

impl Browser {
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        let console = Console::new(choices.public_url.as_deref());
        let server =
            Server::of_surfaces(Proxies::default(), choices, vec![Arc::new(Native)], vec![Arc::new(console)]).await;
        // Its client installs the cryptography that every client needs.
        let _ = server.client();
        let http = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { server, http, cookie: None }
    }

    /// Signed in with this key.
    pub async fn signed_in(key: Option<&str>) -> Self {
        let mut browser = Self::start().await;
        let key = key.map_or_else(|| browser.server.test.key.clone(), str::to_owned);
        assert_eq!(browser.sign_in(&key).await.status, 303);
        browser
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server.url)).header("accept", "text/html");
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        Page::of(self.request(Method::GET, path).header("sec-fetch-site", "none").send().await.unwrap()).await
    }

    /// Sends a form of one of the console's own pages.
    pub async fn post(&self, path: &str, form: &str) -> Page {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        Page::of(request.send().await.unwrap()).await
    }

    /// Signs in with a key and keeps the cookie.
    pub async fn sign_in(&mut self, key: &str) -> Page {
        self.enter(&format!("key={key}")).await
    }

    /// Sends the form of the sign-in and keeps the cookie.
    pub async fn enter(&mut self, form: &str) -> Page {
        let page = self.post("/console/sign-in", form).await;
        if let Some(line) = &page.set_cookie {
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        page
    }
}

impl Page {
    pub async fn of(response: Response) -> Self {
        let headers = response.headers().clone();
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, set_cookie) = (text("location"), text("set-cookie"));
        Self { status: response.status().as_u16(), location, set_cookie, headers, text: response.text().await.unwrap() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
