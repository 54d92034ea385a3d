//! Sign-ins of browsers, and links that sign members in.

use domain::{
    KeyId, MemberId, ProjectId, Result, SignInId, Timestamp,
    caller::{Key, Scopes},
    project::{Member, Role},
    sign_in::{By, Link, SignIn},
};
use store::{
    Tx,
    credentials::{self, Ground},
    keys, members, sign_ins,
};

use crate::samples::id;

super::in_a_transaction! {
    a_sign_in_is_found_by_its_hash_with_its_members_role
    of_a_key_or_a_member_the_newest_stay
    what_has_ended_is_deleted
    a_link_is_taken_once
    an_open_answer_stands_on_its_sign_in_and_its_member
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

fn sign_in(project: ProjectId, by: By) -> SignIn {
    let (ends_at, expires_at) = (AT.plus_s(10), AT.plus_s(20));
    SignIn { id: SignInId(id()), project, by, created_at: AT, ends_at, expires_at }
}

async fn member(tx: &mut Tx, project: ProjectId) -> Result<Member> {
    let email = "a@example.com".into();
    let member = Member { id: MemberId(id()), project, email, name: None, role: Role::Admin, created_at: AT };
    assert!(members::insert(tx, &member).await?);
    Ok(member)
}

async fn a_sign_in_is_found_by_its_hash_with_its_members_role(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let member = member(tx, project).await?;
    let (one, two) = (sign_in(project, By::Member(member.id)), sign_in(project, By::Key(KeyId(id()))));
    sign_ins::insert(tx, &one, &[1; 32]).await?;
    sign_ins::insert(tx, &two, &[2; 32]).await?;
    let found = sign_ins::find_by_hash(tx, &[1; 32]).await?.unwrap();
    assert_eq!((&found.sign_in, found.role), (&one, Some(Role::Admin)));
    let found = sign_ins::find_by_hash(tx, &[2; 32]).await?.unwrap();
    assert_eq!((&found.sign_in, found.role), (&two, None));
    assert_eq!(sign_ins::find_by_hash(tx, &[3; 32]).await?, None);
    assert_eq!(sign_ins::prolong(tx, foreign, one.id, AT.plus_s(15)).await?, 0);
    assert_eq!(sign_ins::prolong(tx, project, one.id, AT.plus_s(5)).await?, 0, "never earlier");
    assert_eq!(sign_ins::prolong(tx, project, one.id, AT.plus_s(15)).await?, 1);
    assert_eq!(sign_ins::find_by_hash(tx, &[1; 32]).await?.unwrap().sign_in.ends_at, AT.plus_s(15));
    members::delete(tx, project, member.id).await?;
    assert_eq!(sign_ins::find_by_hash(tx, &[1; 32]).await?.unwrap().role, None);
    assert_eq!(sign_ins::delete(tx, foreign, one.id).await?, 0);
    assert_eq!(sign_ins::delete(tx, project, one.id).await?, 1);
    assert_eq!(sign_ins::find_by_hash(tx, &[1; 32]).await?, None);
    Ok(())
}

async fn of_a_key_or_a_member_the_newest_stay(tx: &mut Tx) -> Result<()> {
    let (project, key) = (ProjectId(id()), By::Key(KeyId(id())));
    let other = By::Member(MemberId(id()));
    for (hash, by) in [(1, key), (2, other), (3, key), (4, key)] {
        sign_ins::insert(tx, &sign_in(project, by), &[hash; 32]).await?;
    }
    assert_eq!(sign_ins::delete_older(tx, ProjectId(id()), key, 0).await?, 0);
    assert_eq!(sign_ins::delete_older(tx, project, key, 2).await?, 1);
    assert_eq!(sign_ins::find_by_hash(tx, &[1; 32]).await?, None);
    assert_eq!(sign_ins::delete_older(tx, project, key, 0).await?, 2);
    assert!(sign_ins::find_by_hash(tx, &[2; 32]).await?.is_some());
    Ok(())
}

async fn what_has_ended_is_deleted(tx: &mut Tx) -> Result<()> {
    let (project, by) = (ProjectId(id()), By::Key(KeyId(id())));
    let later = SignIn { ends_at: AT.plus_s(11), ..sign_in(project, by) };
    sign_ins::insert(tx, &sign_in(project, by), &[1; 32]).await?;
    sign_ins::insert(tx, &later, &[2; 32]).await?;
    sign_ins::delete_ended(tx, AT.plus_s(10), 10).await?;
    assert_eq!(sign_ins::find_by_hash(tx, &[1; 32]).await?, None);
    assert!(sign_ins::find_by_hash(tx, &[2; 32]).await?.is_some());
    sign_ins::delete_ended(tx, AT.plus_s(100), 0).await?;
    assert!(sign_ins::find_by_hash(tx, &[2; 32]).await?.is_some(), "at most so many");
    Ok(())
}

async fn a_link_is_taken_once(tx: &mut Tx) -> Result<()> {
    let (project, member) = (ProjectId(id()), MemberId(id()));
    let link = Link { project, member, key: KeyId(id()), created_at: AT, expires_at: AT.plus_s(10) };
    sign_ins::insert_link(tx, &link, &[1; 32]).await?;
    assert_eq!(sign_ins::take_link(tx, &[2; 32]).await?, None);
    assert_eq!(sign_ins::take_link(tx, &[1; 32]).await?, Some(link.clone()));
    assert_eq!(sign_ins::take_link(tx, &[1; 32]).await?, None);
    sign_ins::insert_link(tx, &link, &[3; 32]).await?;
    assert_eq!(sign_ins::delete_links(tx, ProjectId(id()), member).await?, 0);
    assert_eq!(sign_ins::delete_links(tx, project, member).await?, 1);
    sign_ins::insert_link(tx, &link, &[4; 32]).await?;
    sign_ins::delete_ended(tx, AT.plus_s(10), 10).await?;
    assert_eq!(sign_ins::take_link(tx, &[4; 32]).await?, None);
    Ok(())
}

async fn an_open_answer_stands_on_its_sign_in_and_its_member(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let key = Key {
        id: KeyId(id()),
        project,
        name: "k".into(),
        scopes: Scopes::ALL,
        prefix: "tl".into(),
        created_at: AT,
        expires_at: None,
        revoked_at: None,
        agent: None,
        agents: Vec::new(),
        replaces: None,
        line: KeyId(id()),
        budgets: Vec::new(),
    };
    keys::insert(tx, &key, &[9; 32]).await?;
    let member = member(tx, project).await?;
    let (by_key, by_member) = (sign_in(project, By::Key(key.id)), sign_in(project, By::Member(member.id)));
    sign_ins::insert(tx, &by_key, &[1; 32]).await?;
    sign_ins::insert(tx, &by_member, &[2; 32]).await?;
    let ground = |key, sign_in| Ground {
        project,
        key,
        sign_in,
        thread: None,
        agent: None,
        line: None,
        customer: None,
        generation: None,
    };
    let grounds =
        [ground(Some(key.id), Some(by_key.id)), ground(None, Some(by_member.id)), ground(None, Some(SignInId(id())))];
    assert_eq!(credentials::dead(tx, &grounds, AT).await?, [2]);
    assert_eq!(credentials::dead(tx, &grounds, AT.plus_s(10)).await?, [0, 1, 2]);
    members::delete(tx, project, member.id).await?;
    assert_eq!(credentials::dead(tx, &grounds, AT).await?, [1, 2]);
    keys::revoke(tx, project, key.id, AT).await?;
    assert_eq!(credentials::dead(tx, &grounds, AT).await?, [0, 1, 2]);
    Ok(())
}
