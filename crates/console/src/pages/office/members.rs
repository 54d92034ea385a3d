//! Members: the people of the project, and the links that sign them in.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    Caller, Error, MemberId, Result,
    caller::Scope,
    codes,
    project::{Member, Role},
};
use engine::{App, app::people::members::NewMember};

use super::{
    Asked,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Facts, Secret, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    own::Host,
    pages::{ROWS, state::Word},
    times::Time,
};

const LEAD: &str = "Members sign in at this console by a link, and answer customers in their own name.";
const INVITED: &str = "The link works once, for 15 minutes. Send it on a way that only this person reads.";

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
    /// The name of the member and the link.
    link: Option<(String, String)>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(asked): Query<Asked>) -> Answer {
    page(&app, &caller, &asked, Outcome::default()).await
}

pub async fn invite(State(app): State<App>, Authed(caller): Authed, host: Host, sent: Sent) -> Answer {
    let outcome = match make(&app, &caller, &sent).await {
        Ok(member) => {
            let link = link_of(&app, &caller, &host, member.id, None).await?;
            Outcome { link: Some((shown_name(&member), link)), ..Outcome::default() }
        }
        Err(error) if is_shown(&error) => Outcome { sent, refusal: Some(error), link: None },
        Err(error) => return Err(error.into()),
    };
    page(&app, &caller, &Asked::default(), outcome).await
}

async fn make(app: &App, caller: &Caller, sent: &Sent) -> Result<Member> {
    let new = NewMember {
        email: sent.given("email").unwrap_or_default(),
        name: sent.given("name"),
        role: sent.word("role", Role::parse)?,
    };
    app.create_member(caller, new, sent.origin("console members")).await
}

async fn link_of(app: &App, caller: &Caller, host: &Host, member: MemberId, sent: Option<&Sent>) -> Result<String> {
    let origin = sent.and_then(|sent| sent.origin("console sign-in links"));
    let told = app.create_sign_in_link(caller, member, origin).await?;
    let base = host.address(app);
    Ok(format!("{base}/console/sign-in?link={}", told.secret))
}

async fn page(app: &App, caller: &Caller, asked: &Asked, outcome: Outcome) -> Answer {
    let mut members = app.list_members(caller, asked.after(MemberId::parse), ROWS + 1).await?;
    let next = asked.next("/console/members", &mut members, |member| member.id.to_string());
    let now = app.clock().now();
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::Members, "Members").await?, LEAD);
    sheet.done(asked.done())?;
    if let Some((name, secret)) = outcome.link {
        sheet.add(&Secret { title: format!("A link for {name}"), about: INVITED.into(), secret })?;
    }
    let mut table = Table::new("Members", &["Name", "E-mail", "Role", "Since"]);
    table.rows = members
        .iter()
        .map(|member| {
            vec![
                Cell::link(format!("/console/members/{}", member.id), shown_name(member)),
                Cell::text(member.email.clone()),
                Cell::State(role(member.role)),
                Cell::Time(Time::of(member.created_at, now)),
            ]
        })
        .collect();
    (table.first, table.next) = (asked.first("/console/members"), next);
    let hint = "People who answer customers appear here. Invite one below, or with these commands:";
    let command = "threadline member add ada@example.com --name 'Ada Lovelace'\nthreadline member link ada@example.com";
    match members.is_empty() {
        true => sheet.add(&Empty { title: "No members yet", hint, command: command.into() })?,
        false => sheet.add(&table)?,
    }
    if caller.scopes.has(Scope::Admin) {
        let form = Form::new(app, "invite", "/console/members", "Invite").folded("Invite a member").fields([
            Field::line("name", "Name", &outcome.sent).hint("Customers may see it when the member answers.").narrow(),
            Field::line("email", "E-mail", &outcome.sent).narrow(),
            Field::choice("role", "Role", roles(), &outcome.sent),
        ]);
        sheet.add(&form.refused(outcome.refusal.as_ref()))?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

/// The roles to choose from, with their rights.
fn roles() -> Vec<(String, String)> {
    let roles = [("member", "Member: reads and answers"), ("admin", "Admin: may do everything")];
    roles.map(|(value, text)| (value.to_owned(), text.to_owned())).into()
}

fn shown_name(member: &Member) -> String {
    member.name.clone().unwrap_or_else(|| member.email.clone())
}

fn role(role: Role) -> Word {
    match role {
        Role::Member => Word { text: "Member", class: "is-quiet" },
        Role::Admin => Word { text: "Admin", class: "is-quiet" },
    }
}

pub async fn one(State(app): State<App>, Authed(caller): Authed, params: Params, Query(asked): Query<Asked>) -> Answer {
    let member = app.member(&caller, member_id(&params)?).await?;
    one_page(&app, &caller, member, Told { done: asked.done, ..Told::default() }).await
}

/// What a form on a member's page has done.
#[derive(Default)]
struct Told {
    done: Option<String>,
    link: Option<String>,
    refusal: Option<Error>,
}

/// Gives the member another role.
pub async fn change(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = member_id(&params)?;
    let missing = || Error::field("role", "must be one of the choices");
    let changed = match sent.word("role", Role::parse).and_then(|role| role.ok_or_else(missing)) {
        Ok(role) => app.set_member_role(&caller, id, role).await.map(drop),
        Err(error) => Err(error),
    };
    settled(&app, &caller, id, changed, format!("/console/members/{id}?done=saved")).await
}

/// Leads to a page, or shows a refusal on the member's page.
async fn settled(app: &App, caller: &Caller, id: MemberId, changed: Result<()>, next: String) -> Answer {
    match changed {
        Ok(()) => answer::see_other(&next),
        Err(error) if is_shown(&error) => {
            let member = app.member(caller, id).await?;
            one_page(app, caller, member, Told { refusal: Some(error), ..Told::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a new link, which replaces the earlier ones.
pub async fn link(State(app): State<App>, Authed(caller): Authed, params: Params, host: Host, sent: Sent) -> Answer {
    let member = app.member(&caller, member_id(&params)?).await?;
    let link = link_of(&app, &caller, &host, member.id, Some(&sent)).await?;
    one_page(&app, &caller, member, Told { link: Some(link), ..Told::default() }).await
}

async fn one_page(app: &App, caller: &Caller, member: Member, told: Told) -> Answer {
    let now = app.clock().now();
    let frame = Frame::of(app, caller, Place::Members, shown_name(&member)).await?;
    let mut sheet = Sheet::new(frame, "").back("/console/members", "Members").state(Some(role(member.role)));
    sheet.done(told.done.as_deref())?;
    if let Some(secret) = told.link {
        let title = format!("A link for {}", shown_name(&member));
        sheet.add(&Secret { title, about: INVITED.into(), secret })?;
    }
    let rows = vec![
        ("E-mail".into(), Cell::text(member.email.clone())),
        ("Since".into(), Cell::text(Time::of(member.created_at, now).full)),
        ("Threads".into(), Cell::link(format!("/console/threads?assignee={}", member.id), "Assigned threads")),
        ("Id".into(), Cell::Code(member.id.to_string())),
    ];
    sheet.add(&Facts { rows })?;
    if caller.scopes.has(Scope::Admin) {
        let action = format!("/console/members/{}", member.id);
        let refused = told.refusal.as_ref();
        let sent = Sent::of([("role", member.role.as_str().to_owned())]);
        let change = Form::new(app, "member", action.clone(), "Change the role").folded("Change the role");
        let hint = "The new role holds from the next page on.";
        let field = Field::choice("role", "Role", roles(), &sent).hint(hint);
        sheet.add(&change.fields([field]).refused(refused))?;
        let again = Form::new(app, "link", format!("{action}/link"), "Make a link").folded("Make a sign-in link");
        sheet.add(&again.note("The link signs this person in, once. Earlier links of this person stop working."))?;
        let remove = Form::new(app, "remove", format!("{action}/remove"), "Remove the member").danger();
        let about = "The member is signed out everywhere. Threads that the member holds wait for another person. \
                     Messages keep their author.";
        sheet.add(&remove.folded("Remove this member").note(about))?;
    }
    sheet.answer(told.refusal.as_ref())
}

pub async fn remove(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let id = member_id(&params)?;
    let removed = app.delete_member(&caller, id).await;
    settled(&app, &caller, id, removed, "/console/members?done=removed".into()).await
}

fn member_id(params: &Params) -> Result<MemberId> {
    params.parse("member", MemberId::parse, || Error::not_found(codes::MEMBER_NOT_FOUND, "Member"))
}
