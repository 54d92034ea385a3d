//! Tags of projects and threads, and participants of threads.

use domain::{
    CustomerId, ProjectId, Result, Timestamp,
    author::Author,
    last_words::LastWords,
    message::Role,
    participant::{Kind, Participant},
    tag::{Color, Tag},
    thread::Ticket,
};
use store::{
    Bound, Tx, log, tags,
    threads::{self, Filter, Stretch},
};

use super::{
    customers::known,
    log::{entry, thread},
};
use crate::samples::id;

super::in_a_transaction! {
    a_project_knows_a_tag_in_one_colour
    a_thread_carries_tags_in_its_projects_colours
    threads_are_found_by_tag_people_and_ticket
}

fn tag(name: &str, color: Color) -> Tag {
    Tag { name: name.into(), color }
}

async fn a_project_knows_a_tag_in_one_colour(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    for tag in [tag("b_1", Color::Lime), tag("b-1", Color::Default), tag("a", Color::Blue), tag("b_1", Color::Pink)] {
        tags::define(tx, project, &tag).await?;
    }
    tags::define(tx, foreign, &tag("a", Color::Orange)).await?;
    let all = [tag("a", Color::Blue), tag("b-1", Color::Default), tag("b_1", Color::Pink)];
    assert_eq!(tags::list(tx, project, None, 10).await?, all, "by their bytes");
    assert_eq!(tags::list(tx, project, Some("a"), 1).await?, all[1..2]);
    assert_eq!(tags::count(tx, project).await?, 3);
    assert_eq!(tags::find(tx, project, "a").await?.as_ref(), Some(&all[0]));
    assert_eq!(tags::find(tx, foreign, "b-1").await?, None);
    Ok(())
}

async fn a_thread_carries_tags_in_its_projects_colours(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let head = thread(project);
    threads::insert(tx, &head).await?;
    tags::define(tx, project, &tag("known", Color::Blue)).await?;
    tags::define(tx, ProjectId(id()), &tag("Of its own, %_", Color::Pink)).await?;
    tags::set(tx, project, head.id, &["known".into(), "Of its own, %_".into()]).await?;
    let carried = [tag("Of its own, %_", Color::Default), tag("known", Color::Blue)];
    assert_eq!(tags::of_thread(tx, project, head.id).await?, carried);
    assert_eq!(tags::of_thread(tx, ProjectId(id()), head.id).await?, []);
    assert_eq!(threads::find(tx, project, head.id).await?.map(|t| t.tags), Some(carried.to_vec()));
    tags::set(tx, project, head.id, &["b".into()]).await?;
    assert_eq!(tags::of_thread(tx, project, head.id).await?, [tag("b", Color::Default)]);
    super::bounded::remove(tx, project, head.id).await?;
    assert_eq!(tags::of_thread(tx, project, head.id).await?, []);
    Ok(())
}

async fn threads_are_found_by_tag_people_and_ticket(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let [first, second] = [id(), id()].map(|id| {
        let (first_at, last_at) = (Timestamp(1), Timestamp(2));
        Participant { id, kind: Kind::Member, first_at, last_at }
    });
    let (mut one, mut both) = (thread(project), thread(project));
    one.participants = vec![second];
    one.ticket = Ticket::Reminder;
    for head in [&one, &both] {
        threads::insert(tx, head).await?;
    }
    both.participants = vec![first, second];
    let (role, author, at) = (Role::User, Author::Guest {}, Timestamp(1));
    // The text imitates the name of another dialect.
    let text = "\"door\":\"mail\"".into();
    both.last_words = Some(LastWords { seq: 1, at, role, author, text, door: Some("chat".into()) });
    let entries = [entry(&mut both, None, None)];
    log::append(tx, &both, &entries, 0).await?;
    assert_eq!(threads::find(tx, project, both.id).await?.as_ref(), Some(&both), "the head keeps them");
    tags::set(tx, project, one.id, &["a".into(), "b".into()]).await?;
    let customer = known(tx, project).await?;
    threads::add_customer(tx, project, both.id, customer).await?;
    let all = Filter::default;
    for (filter, expected) in [
        (Filter { tag: Some("a".into()), ..all() }, vec![one.id]),
        (Filter { tag: Some("A".into()), ..all() }, vec![]),
        (Filter { begun_by: Some(second.id), ..all() }, vec![one.id]),
        (Filter { begun_by: Some(first.id), ..all() }, vec![both.id]),
        (Filter { participant: Some(second.id), ..all() }, vec![both.id, one.id]),
        (Filter { participant: Some(first.id), ..all() }, vec![both.id]),
        (Filter { participant: Some(id()), ..all() }, vec![]),
        (Filter { customer: Some(customer), ..all() }, vec![both.id]),
        (Filter { customer: Some(CustomerId(id())), ..all() }, vec![]),
        (Filter { ticket: Some(Ticket::Reminder), ..all() }, vec![one.id]),
        (Filter { ticket: Some(Ticket::Closed), ..all() }, vec![]),
        (Filter { door: Some("chat".into()), ..all() }, vec![both.id]),
        (Filter { door: Some("mail".into()), ..all() }, vec![]),
        (Filter { begun: (Some(one.created_at), None), ..all() }, vec![both.id, one.id]),
        (Filter { begun: (Some(one.created_at.plus_s(1)), None), ..all() }, vec![]),
        (Filter { begun: (None, Some(one.created_at)), ..all() }, vec![]),
        (Filter { begun: (None, Some(one.created_at.plus_s(1))), ..all() }, vec![both.id, one.id]),
    ] {
        let found = threads::list(tx, project, &filter, Stretch::default(), Bound::rows(10)).await?.rows;
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    Ok(())
}
