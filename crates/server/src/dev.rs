//! `threadline dev`: the server with a model, a key, a thread, a demo shop, and example commands.

use std::{
    fs,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use domain::{Caller, ThreadId, caller::Scopes, project::Role};
use engine::{
    App,
    app::{access::keys::NewKey, people::members::NewMember, threads::NewThread},
    keep_private,
};

use crate::{
    client::DEV_KEY,
    failure::{Failure, Result},
    output,
    serve::{Server, failed},
    settings,
    signals::Signals,
};

mod choice;
mod local;
mod page;
mod shop;

/// The file in the data folder with the id of the example thread.
const DEV_THREAD: &str = "dev-thread";
/// The member whom the printed link signs in.
const DEV_MEMBER: &str = "dev@example.com";

/// The model that is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The name of a provider, or `echo`. Absent: the first that is found.
    pub provider: Option<String>,
    /// For tests: places in place of the usual ports, as `NAME=URL`, separated by commas.
    pub look_at: Option<String>,
}

/// Runs the server with example data until a signal ends it.
pub async fn dev(mut settings: settings::Server, asked: Asked) -> Result<()> {
    // Before signals are waited for, so that Ctrl-C ends the question for a key.
    let model = choice::choose(&mut settings, asked.provider.as_deref(), asked.look_at.as_deref()).await?;
    let signals = Signals::listen()?;
    let data = settings.data.clone();
    let server = Server::open(settings).await?;
    let (key, caller) = key(&server, &data).await?;
    let thread = thread(server.app(), &caller, &data).await?;
    let base = format!("http://{}", reachable(server.address()));
    let link = link(server.app(), &caller).await?;
    let (listener, shop) = shop::bind(server.address()).await?;
    let agent = shop::agent(server.app(), &caller, &shop).await?;
    output::print(&page::write(&base, (&key, thread, &link, &shop), &data, &model));
    tokio::spawn(shop::serve(listener, base, agent));
    server.run(signals).await
}

/// The key in the data folder if it is still valid, else a new one, which is stored there.
async fn key(server: &Server, data: &Path) -> Result<(String, Caller)> {
    let path = data.join(DEV_KEY);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if let Ok(caller) = server.app().authenticate(kept.trim()).await
        && caller.scopes == Scopes::ALL
    {
        return Ok((kept.trim().to_owned(), caller));
    }
    let new = NewKey { name: "dev".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let holder = server.app().holder_of_the_data().await.map_err(failed)?;
    let (_, key) = server.app().create_key(&holder, new, None).await.map_err(failed)?;
    keep(&path, &key)?;
    let caller = server.app().authenticate(&key).await.map_err(failed)?;
    Ok((key, caller))
}

/// The thread of the last start if it is still open, else a new one, whose id is stored in the data folder.
async fn thread(app: &App, caller: &Caller, data: &Path) -> Result<ThreadId> {
    let path = data.join(DEV_THREAD);
    let kept = fs::read_to_string(&path).ok().and_then(|id| ThreadId::parse(id.trim()));
    if let Some(id) = kept
        && let Ok(thread) = app.thread(caller, id).await
        && thread.closed_at(app.clock().now()).is_none()
    {
        return Ok(id);
    }
    let new = NewThread { title: Some("Example".into()), ..NewThread::default() };
    let thread = app.create_thread(caller, new).await.map_err(failed)?;
    keep(&path, &thread.id.to_string())?;
    Ok(thread.id)
}

/// The path of a link that signs a member in at the console. The member is made at the first start.
async fn link(app: &App, caller: &Caller) -> Result<String> {
    let member = match app.member_of_address(caller, DEV_MEMBER).await.map_err(failed)? {
        Some(member) => member,
        None => {
            let new = NewMember { email: DEV_MEMBER.into(), name: Some("Dev".into()), role: Some(Role::Admin) };
            app.create_member(caller, new, None).await.map_err(failed)?
        }
    };
    let told = app.create_sign_in_link(caller, member.id, None).await.map_err(failed)?;
    Ok(format!("/console/sign-in?link={}", told.secret))
}

/// Keeps a line in a file that only its owner may read.
fn keep(path: &Path, line: &str) -> Result<()> {
    keep_private(path, line).map_err(|why| Failure::failed(format!("cannot write {}: {why}", path.display())))
}

/// The address by which this machine reaches a listener on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, address.port())
}
