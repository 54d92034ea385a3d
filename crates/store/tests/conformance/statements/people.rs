//! Projects, their people, and their things.

use std::slice::from_ref;

use domain::{
    AgentId, AttachmentId, GuestId, KeyId, MemberId, MessageId, ProjectId, Result, SnapshotId, StoredSecret, ThreadId,
    Timestamp,
    agent::{Agent, Guests, Settings},
    attachment::Attachment,
    caller::{Key, Scope, Scopes},
    project::{Member, Project, Role},
    snapshot::Snapshot,
};
use store::{
    Bound, Tx,
    agent_changes::{self, Before, Change},
    agents, attachments, audit, guests, keys, members, projects, snapshots, threads,
};

use crate::samples::id;

super::in_a_transaction! {
    a_project_is_found_by_id_and_name
    a_key_is_found_by_its_hash_and_revoked_once
    a_member_is_found_by_address
    an_agent_is_numbered_and_named_within_its_project
    an_agent_is_found_by_the_id_that_its_guests_have
    the_newest_changes_of_an_agent_are_kept
    an_attachment_is_seen_in_its_project_only
    pictures_are_listed_newest_first_and_deleted
    a_private_snapshot_is_listed_for_its_key_only
    the_trail_is_listed_newest_first
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

fn project() -> ProjectId {
    ProjectId(id())
}

async fn a_project_is_found_by_id_and_name(tx: &mut Tx) -> Result<()> {
    let [one, two] =
        ["one", "two"].map(|name| Project { id: project(), name: name.into(), created_at: AT, budgets: Vec::new() });
    assert!(projects::insert(tx, &one).await? && projects::insert(tx, &two).await?);
    assert!(!projects::insert(tx, &Project { id: project(), ..one.clone() }).await?);
    assert_eq!(projects::find(tx, one.id).await?.as_ref(), Some(&one));
    assert_eq!(projects::find_by_name(tx, "two").await?.as_ref(), Some(&two));
    assert_eq!(projects::find_by_name(tx, "three").await?, None);
    assert_eq!(projects::list(tx, None, 1).await?, from_ref(&one));
    assert_eq!(projects::list(tx, Some(one.id), 10).await?, [two]);
    assert!(projects::lock(tx, one.id).await? && !projects::lock(tx, project()).await?);
    Ok(())
}

async fn a_key_is_found_by_its_hash_and_revoked_once(tx: &mut Tx) -> Result<()> {
    assert!(!keys::any(tx).await?);
    let (project, foreign) = (project(), project());
    let key = Key {
        id: KeyId(id()),
        project,
        name: "ci".into(),
        scopes: Scopes::of(&[Scope::Read, Scope::Write]),
        prefix: "tl".into(),
        created_at: AT,
        expires_at: Some(AT.plus_s(1)),
        revoked_at: None,
        agent: Some(AgentId(id())),
        agents: Vec::new(),
        budgets: Vec::new(),
        replaces: Some(KeyId(id())),
        line: KeyId(id()),
    };
    keys::insert(tx, &key, &[7; 32]).await?;
    assert!(keys::any(tx).await?);
    assert_eq!(keys::find_by_hash(tx, &[7; 32]).await?.as_ref(), Some(&key));
    assert_eq!(keys::find_by_hash(tx, &[8; 32]).await?, None);
    assert_eq!(keys::find(tx, foreign, key.id).await?, None);
    assert_eq!(keys::list(tx, project, None, 10).await?, from_ref(&key));
    assert_eq!(keys::list(tx, project, Some(key.id), 10).await?, []);
    assert_eq!(keys::revoke(tx, foreign, key.id, AT).await?, 0);
    assert_eq!(keys::revoke(tx, project, key.id, AT).await?, 1);
    assert_eq!(keys::revoke(tx, project, key.id, AT.plus_s(9)).await?, 0);
    assert_eq!(keys::find(tx, project, key.id).await?.and_then(|key| key.revoked_at), Some(AT));
    Ok(())
}

async fn a_member_is_found_by_address(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (project(), project());
    let member = Member {
        id: MemberId(id()),
        project,
        email: "a@example.com".into(),
        name: None,
        role: Role::Admin,
        created_at: AT,
    };
    assert!(members::insert(tx, &member).await?);
    assert!(!members::insert(tx, &Member { id: MemberId(id()), ..member.clone() }).await?);
    assert!(members::insert(tx, &Member { id: MemberId(id()), project: foreign, ..member.clone() }).await?);
    assert_eq!(members::find(tx, project, member.id).await?.as_ref(), Some(&member));
    assert_eq!(members::find(tx, foreign, member.id).await?, None);
    assert_eq!(members::find_by_email(tx, project, "a@example.com").await?.as_ref(), Some(&member));
    assert_eq!(members::list(tx, project, None, 10).await?, from_ref(&member));
    assert_eq!(members::list(tx, project, Some(member.id), 10).await?, []);
    assert_eq!(members::lock_admins(tx, project).await?, [member.id]);
    assert_eq!(members::set_role(tx, foreign, member.id, Role::Member).await?, 0);
    assert_eq!(members::set_role(tx, project, member.id, Role::Member).await?, 1);
    assert_eq!(members::lock_admins(tx, project).await?, []);
    assert_eq!(members::find(tx, project, member.id).await?, Some(Member { role: Role::Member, ..member.clone() }));
    assert_eq!(members::delete(tx, foreign, member.id).await?, 0);
    assert_eq!(members::delete(tx, project, member.id).await?, 1);
    assert_eq!(members::find(tx, project, member.id).await?, None);
    Ok(())
}

async fn an_agent_is_numbered_and_named_within_its_project(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (project(), project());
    let agent = |number: i64, name: &str| Agent {
        id: AgentId(id()),
        project,
        number,
        name: name.into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: None,
        settings: Settings { instructions: "be kind".into(), ..Settings::default() },
    };
    assert_eq!(agents::last_number(tx, project).await?, 0);
    let (one, mut two) = (agent(1, "one"), agent(2, "two"));
    assert!(agents::insert(tx, &one).await? && agents::insert(tx, &two).await?);
    assert!(!agents::insert(tx, &agent(2, "three")).await?, "the number is taken");
    assert!(!agents::insert(tx, &agent(3, "two")).await?, "the name is taken");
    assert_eq!(agents::last_number(tx, project).await?, 2);
    assert_eq!(agents::find(tx, project, one.id).await?.as_ref(), Some(&one));
    assert_eq!(agents::find(tx, foreign, one.id).await?, None);
    assert!(agents::insert(tx, &Agent { project: foreign, ..one.clone() }).await?, "each project has ids of its own");
    assert_eq!(agents::find_by_name(tx, project, "two").await?.as_ref(), Some(&two));
    two.name = "one".into();
    assert!(!agents::save(tx, &two).await?, "another agent has that name");
    two.name = "dos".into();
    two.archived_at = Some(AT);
    assert!(agents::save(tx, &two).await?);
    assert_eq!(agents::list(tx, project, false, None, Bound::rows(10)).await?.rows, from_ref(&one));
    assert_eq!(agents::list(tx, project, true, Some(one.id), Bound::rows(10)).await?.rows, [two]);
    Ok(())
}

async fn an_agent_is_found_by_the_id_that_its_guests_have(tx: &mut Tx) -> Result<()> {
    let (lets_in, mut head) = (Some(Guests::default()), super::log::thread(project()));
    let mut one = Agent {
        id: AgentId(id()),
        project: head.project,
        number: 1,
        name: "one".into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: Some(GuestId(id())),
        settings: Settings { guests: lets_in, ..Settings::default() },
    };
    head.agent = one.id;
    let known = one.guest_id.unwrap();
    assert!(agents::insert(tx, &one).await?);
    assert!(!agents::insert(tx, &Agent { project: project(), ..one.clone() }).await?, "the id for guests is taken");
    assert_eq!(agents::find_for_guests(tx, known).await?.as_ref(), Some(&one));
    assert_eq!(agents::find_for_guests(tx, GuestId(one.id.0)).await?, None);
    threads::insert(tx, &head).await?;
    assert_eq!(guests::standing(tx, head.project, head.id).await?, Some((true, 0)));
    assert_eq!(guests::standing(tx, project(), head.id).await?, None);
    one.settings.guests = None;
    assert!(agents::save(tx, &one).await?);
    assert_eq!(guests::standing(tx, head.project, head.id).await?, Some((false, 0)));
    assert_eq!(agents::find_for_guests(tx, known).await?, Some(one));
    Ok(())
}

async fn the_newest_changes_of_an_agent_are_kept(tx: &mut Tx) -> Result<()> {
    let (project, foreign, agent) = (project(), project(), AgentId(id()));
    let change = |project, agent, name: &str| Change {
        id: id(),
        project,
        agent,
        key: KeyId(id()),
        member: Some(MemberId(id())),
        at: AT,
        before: Before { name: name.into(), archived: name == "b", settings: Settings::default() },
    };
    let all = ["a", "b", "c"].map(|name| change(project, agent, name));
    let others = [change(project, AgentId(id()), "other"), change(foreign, agent, "foreign")];
    for one in all.iter().chain(&others) {
        agent_changes::insert(tx, one).await?;
    }
    let [a, b, c] = all;
    assert_eq!(agent_changes::list(tx, project, agent, 10).await?, [c.clone(), b.clone(), a]);
    assert_eq!(agent_changes::list(tx, project, agent, 1).await?, from_ref(&c));
    assert_eq!(agent_changes::keep(tx, project, agent, 2).await?, 1);
    assert_eq!(agent_changes::list(tx, project, agent, 10).await?, [c, b]);
    let [other, foreigner] = others;
    assert_eq!(agent_changes::list(tx, project, other.agent, 10).await?, [other]);
    assert_eq!(agent_changes::list(tx, foreign, agent, 10).await?, [foreigner]);
    Ok(())
}

async fn an_attachment_is_seen_in_its_project_only(tx: &mut Tx) -> Result<()> {
    let attachment = Attachment {
        id: AttachmentId(id()),
        project: project(),
        hash: [9; 32],
        name: "a.png".into(),
        media_type: "image/png".into(),
        size_bytes: 1 << 40,
        created_at: AT,
        thread: None,
    };
    attachments::insert(tx, &attachment).await?;
    assert_eq!(attachments::find(tx, attachment.project, attachment.id).await?.as_ref(), Some(&attachment));
    assert_eq!(attachments::find(tx, project(), attachment.id).await?, None);
    assert!(attachments::any_of(tx, &[9; 32]).await? && !attachments::any_of(tx, &[8; 32]).await?);
    Ok(())
}

async fn pictures_are_listed_newest_first_and_deleted(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (project(), project());
    let file = |media_type: &str| Attachment {
        id: AttachmentId(id()),
        project,
        hash: [9; 32],
        name: "a".into(),
        media_type: media_type.into(),
        size_bytes: 1,
        created_at: AT,
        thread: Some(ThreadId(id())),
    };
    let [png, text, webp] = ["image/png", "text/plain", "image/webp"].map(file);
    for attachment in [&png, &text, &webp] {
        attachments::insert(tx, attachment).await?;
    }
    assert_eq!(attachments::images(tx, project, 0, 10).await?, [webp.clone(), png.clone()]);
    assert_eq!(attachments::images(tx, project, 1, 10).await?, from_ref(&png));
    assert_eq!(attachments::images(tx, project, 0, 1).await?, from_ref(&webp));
    assert_eq!(attachments::images(tx, foreign, 0, 10).await?, []);
    let mut ids = vec![webp.id; 16];
    assert_eq!(attachments::some(tx, project, &[]).await?, []);
    assert_eq!(attachments::some(tx, project, &ids).await?, from_ref(&webp));
    ids.push(png.id);
    assert_eq!(attachments::some(tx, project, &ids).await?, [webp.clone(), png.clone()]);
    assert_eq!(attachments::some(tx, foreign, &ids).await?, []);
    assert_eq!(attachments::delete(tx, foreign, png.id).await?, 0);
    assert_eq!(attachments::delete(tx, project, png.id).await?, 1);
    assert_eq!(attachments::find(tx, project, png.id).await?, None);
    Ok(())
}

async fn a_private_snapshot_is_listed_for_its_key_only(tx: &mut Tx) -> Result<()> {
    let (project, foreign, [mine, theirs]) = (project(), project(), [KeyId(id()), KeyId(id())]);
    let snapshot = |is_private: bool| Snapshot {
        id: SnapshotId(id()),
        project,
        key: mine,
        name: "login".into(),
        domains: vec!["example.com".into()],
        is_default: !is_private,
        is_private,
        created_at: AT,
        updated_at: AT,
    };
    let (private, shared) = (snapshot(true), snapshot(false));
    let state = StoredSecret::new("{\"cookies\":[]}");
    snapshots::insert(tx, &private, &state).await?;
    snapshots::insert(tx, &shared, &StoredSecret::new("{}")).await?;
    assert_eq!(snapshots::find(tx, project, private.id).await?.as_ref(), Some(&private));
    assert_eq!(snapshots::list(tx, project, mine, None, 10).await?, [private.clone(), shared.clone()]);
    assert_eq!(snapshots::list(tx, project, theirs, None, 10).await?, from_ref(&shared));
    assert_eq!(snapshots::list(tx, project, mine, Some(shared.id), 10).await?, []);
    assert_eq!(snapshots::state(tx, project, private.id).await?, Some(state));
    assert_eq!(snapshots::state(tx, foreign, private.id).await?, None);
    assert_eq!(snapshots::delete(tx, foreign, private.id).await?, 0);
    assert_eq!(snapshots::delete(tx, project, private.id).await?, 1);
    assert_eq!(snapshots::state(tx, project, private.id).await?, None);
    Ok(())
}

async fn the_trail_is_listed_newest_first(tx: &mut Tx) -> Result<()> {
    let project = project();
    let record = |thread| audit::Record {
        id: id(),
        project,
        key: KeyId(id()),
        action: "impersonate".into(),
        member: Some(MemberId(id())),
        thread,
        message: Some(MessageId(id())),
        object: thread.map(|_: ThreadId| "shop".to_owned()),
        at: AT,
    };
    let (first, second) = (record(None), record(Some(ThreadId(id()))));
    audit::insert(tx, &first).await?;
    audit::insert(tx, &second).await?;
    let all = audit::Filter::default();
    assert_eq!(audit::list(tx, project, &all, None, 10).await?, [second.clone(), first.clone()]);
    assert_eq!(audit::list(tx, project, &all, Some(second.id), 10).await?, std::slice::from_ref(&first));
    for (filter, found) in [
        (audit::Filter { key: Some(first.key), ..all.clone() }, &first),
        (audit::Filter { member: second.member, ..all.clone() }, &second),
        (audit::Filter { thread: second.thread, action: Some("impersonate".into()), ..all.clone() }, &second),
    ] {
        assert_eq!(audit::list(tx, project, &filter, None, 10).await?, std::slice::from_ref(found));
    }
    let other = audit::Filter { action: Some("take".into()), ..all };
    assert_eq!(audit::list(tx, project, &other, None, 10).await?, []);
    Ok(())
}
