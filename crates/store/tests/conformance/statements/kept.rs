//! JSON that is stored for its sender: members keep their order, and numbers keep their digits.

use domain::{
    AgentId, KeyId, Map, ProjectId, Result, SnapshotId, StoredSecret,
    agent::{Agent, Settings},
    event::Event,
    snapshot::Snapshot,
};
use store::{
    Bound, Tx, agents,
    events::{self, Stretch},
    extras, log,
    messages::{self, Side},
    snapshots, threads,
};

use super::log::{AT, entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    kept_json_comes_out_as_it_went_in
}

const TEXT: &str = r#"{"z":123456789012345678901234567890,"a":[-0,1.50,{"y":1e2,"b":"\u0001é "}],"":{}}"#;

fn kept() -> Map {
    serde_json::from_str(TEXT).unwrap()
}

fn text(map: &Map) -> String {
    serde_json::to_string(map).unwrap()
}

async fn kept_json_comes_out_as_it_went_in(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    head.metadata = kept();
    threads::insert(tx, &head).await?;
    assert_eq!(text(&threads::find(tx, head.project, head.id).await?.unwrap().metadata), TEXT);

    let mut entries = vec![entry(&mut head, Some("a"), None), entry(&mut head, None, None)];
    entries[0].message.as_mut().unwrap().body.metadata = Some(kept());
    entries[1].event = Event::ThreadUpdated { changed: kept() };
    log::append(tx, &head, &entries, 0).await?;
    let bound = Bound::rows(10);
    let said = messages::page(tx, head.id, Side::Above(0), false, bound).await?.rows.remove(0);
    assert_eq!(text(&said.body.metadata.unwrap()), TEXT);
    assert_eq!(events::stretch(tx, head.id, Stretch::above(0), false, bound).await?.rows, entries);

    let settings = Settings { metadata: Some(kept()), ..Settings::default() };
    let agent = AgentId(id());
    let row = Agent {
        id: agent,
        project: head.project,
        number: 1,
        name: "one".into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: None,
        settings,
    };
    agents::insert(tx, &row).await?;
    let found = agents::of_thread(tx, head.project, agent, head.id).await?.unwrap();
    assert_eq!(text(&found.settings.metadata.unwrap()), TEXT);

    extras::save(tx, head.project, agent.0, &StoredSecret::new(text(&kept()))).await?;
    assert_eq!(extras::find(tx, head.project, agent.0).await?.unwrap().as_str(), TEXT);

    let snapshot = Snapshot {
        id: SnapshotId(id()),
        project: head.project,
        key: KeyId(id()),
        name: "one".into(),
        domains: Vec::new(),
        is_default: false,
        is_private: false,
        created_at: AT,
        updated_at: AT,
    };
    snapshots::insert(tx, &snapshot, &StoredSecret::new(TEXT)).await?;
    assert_eq!(snapshots::state(tx, head.project, snapshot.id).await?, Some(StoredSecret::new(TEXT)));
    Ok(())
}
