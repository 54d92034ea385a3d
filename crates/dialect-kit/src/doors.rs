//! The HTTP entrance of all surfaces: chooses the surface, admits the sender, and renders errors.

mod door;

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response, routing::get};
use domain::{Caller, Error, Kind, Limits, Result, shares::Place};
use engine::{App, Memory, Replayed};
use futures_util::FutureExt;
use http::{HeaderValue, Method, header};
use tower::ServiceExt;
use tracing::Instrument;

use self::door::Door;
use crate::{
    Answer, Claim, Contract, Fault, Head, Origin, Patience, Peer, RequestId, Sharing, Shutdown, Spellings, Surface,
    access::Access, account::Account, behalf, crowd::Seat, edge::Edge, gate::Gate, head, headers, held, idempotency,
    list, log_line::LogLine, openapi::Document, origin::is_preflight, quota, rate::Rates, recent::Asker, request_id,
    table::Route, unknown,
};

/// All surfaces as one service. Cheap to clone; [`crate::serve`] runs it.
#[derive(Clone)]
pub struct Doors(Arc<Inner>);

struct Inner {
    app: App,
    edge: Arc<Edge>,
    /// In the order of registration. Never empty.
    doors: Vec<Door>,
    /// Routes of no surface: health, documents.
    plain: Router,
    rates: Rates,
    gate: Gate,
}

/// The paths of supervisors, which are answered even if other requests are refused.
const HEALTH: [&str; 3] = ["/healthz", "/health", "/readyz"];

impl Doors {
    /// Builds the routes of all surfaces. `dialects` and then `others` are asked in this order, and the first one
    /// answers unclaimed requests. `plain` are routes without a key that belong to no surface. The surface that claims
    /// a path renders its errors.
    ///
    /// # Errors
    /// `internal` if there is no dialect, or the routes of one conflict.
    pub fn new(
        app: App,
        dialects: Vec<Arc<dyn Contract>>,
        others: Vec<Arc<dyn Surface>>,
        plain: Router,
        shutdown: Shutdown,
    ) -> Result<Self> {
        if dialects.is_empty() {
            return Err(Error::internal("there is no dialect to answer with"));
        }
        let limits = app.limits().clone();
        let first = dialects.iter().map(|dialect| Arc::clone(dialect) as Arc<dyn Surface>);
        let doors = first.chain(others).map(|surface| Door::build(surface, &app)).collect::<Result<_>>()?;
        let mut plain = plain;
        for dialect in &dialects {
            let document = Arc::new(Document::of(Arc::clone(dialect)));
            let serve = async move || document.serve().await;
            plain = plain.route(&format!("/openapi/{}.json", dialect.name()), get(serve));
        }
        let plain = list::add(plain, &dialects.iter().map(|dialect| dialect.name()).collect::<Vec<_>>());
        let wordings = dialects.iter().filter_map(|dialect| Some((dialect.name(), dialect.wording()?)));
        app.word_deliveries(wordings.collect());
        if let Some(wording) = dialects.iter().find_map(|dialect| dialect.push_wording()) {
            app.word_pushes(wording);
        }
        let (rates, gate) = (Rates::new(&limits), Gate::new(&limits));
        let edge = Edge::new(limits, shutdown, dialects.into());
        let plain = plain.fallback(async || Fault::no_route());
        Ok(Self(Arc::new(Inner { app, edge, doors, plain, rates, gate })))
    }

    pub fn limits(&self) -> &Arc<Limits> {
        &self.0.edge.limits
    }

    pub(crate) fn memory(&self) -> &Memory {
        self.0.app.memory()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    #[cfg(feature = "conformance")]
    pub(crate) fn watch(&self) -> &crate::conformance::Watch {
        &self.0.edge.watch
    }

    pub fn shutdown(&self) -> &Shutdown {
        &self.0.edge.shutdown
    }

    /// The forms of thread ids in all dialects.
    pub fn spellings(&self) -> Spellings {
        Spellings(Arc::clone(&self.0.edge.dialects))
    }

    /// Answers one request. Every error is in the schema of the surface, has a request id, and writes one log line.
    pub async fn answer(&self, mut request: Request) -> Response {
        let inner = &*self.0;
        let id = RequestId::of(request.headers(), inner.app.clock());
        let door = inner.door(&Head::of(&request));
        let line = LogLine::begin(&id, request.method(), request.uri().path(), door.surface.name());
        #[cfg(feature = "conformance")]
        let asked = door.table.find(request.uri().path()).map(|(route, _)| (request.method().clone(), route));
        let patience = Patience::new(Duration::from_secs(inner.edge.limits.request_s));
        let (origin, replayed) = (Origin::of(request.headers()), Replayed::default());
        let (is_safe, is_beyond) = (request.method().is_safe(), Seat::is_beyond_in(request.extensions()));
        let holder = behalf::holder(None, Peer::of(request.extensions()));
        let account = Account::new(inner.app.memory().clone(), holder, is_safe);
        let extensions = request.extensions_mut();
        extensions.insert(account.clone());
        extensions.insert(origin.clone());
        extensions.insert(id.clone());
        extensions.insert(Arc::clone(&inner.edge));
        extensions.insert(patience.clone());
        extensions.insert(replayed.clone());
        let asker = Asker::default();
        extensions.insert(asker.clone());
        let work = AssertUnwindSafe(inner.route(door, request)).catch_unwind().instrument(line.span());
        let answer = match patience.hold(work).await {
            Some(Ok(answer)) => answer,
            Some(Err(panic)) => Err(Error::internal(panic_text(&*panic)).into()),
            None => Err(Error::unavailable("The request took too long").into()),
        };
        let (response, fault) = door.rendered(answer);
        let (mut response, fault) = match account.settle(response, inner.edge.limits.piece_bytes) {
            Ok(response) => (response, fault),
            Err(error) => door.rendered(Err(error.into())),
        };
        if is_beyond {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        headers::complete(&mut response);
        origin.mark(&mut response);
        idempotency::mark(&mut response, &replayed);
        response.headers_mut().insert(request_id::HEADER, id.value());
        if let Some(project) = asker.project().filter(|_| inner.is_dialect(door)) {
            let seen = line.seen(response.status(), fault.as_ref(), inner.app.clock().now());
            inner.edge.recent.note(project, seen);
        }
        line.end(response.status(), fault.as_ref());
        #[cfg(feature = "conformance")]
        let response = inner.edge.watch.hold(inner.contract(door), asked, response);
        response
    }
}

impl Inner {
    /// The surface with the greatest claim. Of equal claims, the one registered first wins; without a claim, the very
    /// first.
    fn door(&self, head: &Head<'_>) -> &Door {
        let mut best: (&Door, Option<Claim>) = (&self.doors[0], None);
        for door in &self.doors {
            let claim = door.surface.claims(head);
            if claim > best.1 {
                best = (door, claim);
            }
        }
        best.0
    }

    /// Tells whether the surface has a documented API, which programs use.
    fn is_dialect(&self, door: &Door) -> bool {
        self.edge.dialects.iter().any(|dialect| dialect.name() == door.surface.name())
    }

    /// The surface's contract, if it is a dialect.
    #[cfg(feature = "conformance")]
    fn contract(&self, door: &Door) -> Option<&Arc<dyn Contract>> {
        self.edge.dialects.iter().find(|dialect| dialect.name() == door.surface.name())
    }

    /// Routes a request with a valid head: finds the route, authenticates the sender, checks the rate, and calls the
    /// handler. The body is untouched until then.
    async fn route(&self, door: &Door, mut request: Request) -> Answer {
        head::check(&request, &self.edge.limits)?;
        let (path, peer) = (request.uri().path(), Peer::of(request.extensions()));
        let is_health = HEALTH.contains(&path);
        if Seat::is_beyond_in(request.extensions()) && !is_health {
            return Err(Error::unavailable("Too many connections are open, try again later").into());
        }
        let Some((route, params)) = door.table.find(path) else {
            self.rates.take_open(peer, is_health)?;
            return Ok(into_answer(self.plain.clone().oneshot(request).await));
        };
        if self.edge.shutdown.is_on() {
            return Err(Error::unavailable("The server is shutting down").into());
        }
        let sharing = door.surface.shares(&route.template);
        let origin = Origin::in_request(request.extensions());
        if sharing.is_some() && is_preflight(request.method(), request.headers()) {
            return self.preflight(&origin, route, Peer::of(request.extensions())).await;
        }
        let Some(access) = route.access(request.method()) else {
            return Err(Fault::no_method(self.methods(request.uri().path())));
        };
        // The place is held until the answer begins.
        let (asked_by, place) = match self.admit(&*door.surface, &mut request, (route, access)).await {
            Ok((place, caller)) => {
                if let Some(caller) = &caller {
                    if sharing == Some(Sharing::ByProject) {
                        self.share(&origin, caller).await?;
                    }
                    request.extensions_mut().insert(caller.clone());
                }
                (caller, place)
            }
            Err(refused) => {
                if sharing.is_some() {
                    self.share_refusal(&origin).await;
                }
                return Err(refused.into());
            }
        };
        request.extensions_mut().insert(params);
        let (holder, is_safe) = (place.holder(), request.method().is_safe());
        let ignored = self.ignored(&*door.surface, route, &request)?;
        let scale = Account::of(request.extensions()).scale();
        let handled = engine::on_behalf_of(holder, door.router.clone().oneshot(request));
        let answer = into_answer(engine::weighed_by(scale, handled).await);
        let mut answer = behalf::answered(answer, holder);
        if let Some(names) = ignored {
            answer.headers_mut().insert(unknown::HEADER, names);
        }
        // The operation that a ticket opens also checks it.
        if is_unauthenticated(&answer) {
            if sharing.is_some() {
                self.share_refusal(&origin).await;
            }
            self.rates.take_failure(peer)?;
        }
        Ok(match asked_by {
            Some(caller) => {
                quota::tell(&self.app, &caller, is_safe, &mut answer);
                held::hold(&self.app, &caller, answer)
            }
            None => answer,
        })
    }

    /// Admits the request: takes a place, and finds the caller unless the operation is open to everybody. `request` is
    /// mutable only because its body cannot be shared between threads.
    ///
    /// # Errors
    /// The surface's error for a missing key; `unauthenticated`; `rate_limited`; `forbidden`; `unavailable`.
    async fn admit(
        &self,
        surface: &dyn Surface,
        request: &mut Request,
        (route, access): (&Route, Access),
    ) -> Result<(Place, Option<Caller>)> {
        let peer = Peer::of(request.extensions());
        if access.is_open() {
            match surface.is_file(&route.template) {
                true => self.rates.take_open(peer, false)?,
                false => self.rates.take_from(peer)?,
            }
            return Ok((self.gate.enter(behalf::holder(None, peer))?, None));
        }
        let caller = match self.caller(surface, request, access).await {
            Err(error) if error.kind == Kind::Unauthenticated => {
                self.rates.take_failure(peer)?;
                return Err(error);
            }
            found => found?,
        };
        Asker::is(request.extensions(), caller.project);
        self.rates.take(&caller)?;
        let holder = behalf::holder(Some(&caller), peer);
        Account::of(request.extensions()).belongs_to(holder);
        if let Some(seat) = Seat::of(request.extensions()) {
            seat.belongs_to(holder);
        }
        let place = self.gate.enter(holder)?;
        access.require(&self.app, &caller).await?;
        Ok((place, Some(caller)))
    }

    /// The caller of the key. A valid key is found whatever other keys its address sends; it only waits for its turn.
    async fn caller(&self, surface: &dyn Surface, request: &mut Request, access: Access) -> Result<Caller> {
        let credential = surface.credential(&Head::of(request))?;
        let peer = Peer::of(request.extensions());
        let _turn = if self.rates.is_failing(peer) { self.gate.lookup(peer).await } else { None };
        let caller = credential.caller(&self.app).await?;
        if access.admits(caller.subject.kind()) { Ok(caller) } else { Err(Error::unauthenticated()) }
    }

    /// The query parameters that the operation does not know, if the surface ignores such parameters.
    ///
    /// # Errors
    /// `invalid_parameter`, naming the first one, if the surface refuses them.
    fn ignored(&self, surface: &dyn Surface, route: &Route, request: &Request) -> Answer<Option<HeaderValue>> {
        let Some(query) = request.uri().query().filter(|query| !query.is_empty()) else { return Ok(None) };
        let Some(known) = route.query(request.method()) else { return Ok(None) };
        let names = match unknown::names(query, known) {
            Ok(names) => names,
            Err(error) if surface.refuses_unknown_queries() => return Err(error.into()),
            // The reader of the query reports the same error.
            Err(_) => return Ok(None),
        };
        match names.first() {
            Some(first) if surface.refuses_unknown_queries() => Err(unknown::refusal(first)),
            _ => Ok(unknown::value(&names)),
        }
    }

    /// Answers a preflight request. It has neither key nor body, so any project or agent may list the page's origin.
    /// The request itself is checked against its own project or agent.
    async fn preflight(&self, origin: &Origin, route: &Route, peer: Peer) -> Answer {
        self.rates.take_from(peer)?;
        if !self.app.knows_origin(origin.text().unwrap_or_default()).await? {
            return Err(origin.refused().into());
        }
        origin.allow();
        Ok(Origin::preflight(&route.methods))
    }

    /// Lets pages of the project's origins read the answer.
    async fn share(&self, origin: &Origin, caller: &Caller) -> Result<()> {
        if let Some(page) = origin.text()
            && self.app.is_origin_of(caller, page).await?
        {
            origin.allow();
        }
        Ok(())
    }

    /// Lets a page read an early refusal, for example of an expired token or ticket, or of a used up rate. As for a
    /// preflight, any project or agent may list the origin. If the lookup fails, the refusal is sent without this
    /// permission.
    async fn share_refusal(&self, origin: &Origin) {
        let Some(page) = origin.text() else { return };
        match self.app.knows_origin(page).await {
            Ok(true) => origin.allow(),
            Ok(false) => {}
            Err(error) => tracing::error!(?error, "an origin could not be looked up"),
        }
    }

    /// The methods of a path on all surfaces.
    fn methods(&self, path: &str) -> Vec<Method> {
        let mut methods: Vec<Method> = Vec::new();
        for (route, _) in self.doors.iter().filter_map(|door| door.table.find(path)) {
            for method in &route.methods {
                if !methods.contains(method) {
                    methods.push(method.clone());
                }
            }
        }
        methods
    }
}

fn is_unauthenticated(answer: &Response) -> bool {
    answer.extensions().get::<Fault>().is_some_and(|fault| fault.error.kind == Kind::Unauthenticated)
}

fn into_answer(response: std::result::Result<Response, std::convert::Infallible>) -> Response {
    response.unwrap_or_else(|never| match never {})
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("without a text"))
}
