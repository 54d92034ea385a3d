//! Databases of a server that cannot be opened: each says why and what to do, without the password.

use std::net::{Ipv4Addr, TcpListener};

use futures_util::future::join_all;
use store::{
    OpenError, Options, Store, op,
    testing::{Cluster, Scratch},
};

use crate::samples::{Insert, Names};

const PASSWORD: &str = "hunter2-is-secret";

/// Opens `url`, which must fail with an error that does not hold the password.
async fn refused(url: &str) -> OpenError {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { database: Some(url.to_owned()), ..Options::new(folder.path()) };
    let Err(error) = Store::open(options).await else { panic!("{url} opened") };
    for said in [error.to_string(), format!("{error:?}")] {
        assert!(!said.contains(PASSWORD), "{said}");
    }
    error
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused() {
    for bad in ["", "nonsense", "postgres://", "postgres://host/name?port=x", "postgres://u@h/n?sslmode=require"] {
        let error = refused(bad).await;
        assert!(matches!(error, OpenError::Address { .. }), "{bad}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let error = refused(&format!("postgres://u:{PASSWORD}@127.0.0.1:{port}/n")).await;
    assert!(matches!(&error, OpenError::Unreachable { server, .. } if server.ends_with(&port.to_string())), "{error}");
}

#[tokio::test]
async fn a_password_with_an_at_sign_does_not_show_as_part_of_the_host() {
    refused(&format!("postgres://u:x@{PASSWORD}@127.0.0.1:1/n")).await;
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_right_one_opens() {
    let cluster = Cluster::of_this_process();
    let url = cluster.fresh_database().await;
    let name = url.rsplit('/').next().unwrap();
    cluster.run(&format!("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}'")).await;
    let with = |login: &str| format!("postgres://{login}@127.0.0.1:{}/{name}", cluster.port());
    for login in [format!("guarded:{PASSWORD}x"), "guarded".to_owned()] {
        let error = refused(&with(&login)).await;
        assert!(matches!(&error, OpenError::Refused { user, .. } if user == "guarded"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let right = Options { database: Some(with(&format!("guarded:{PASSWORD}"))), ..Options::new(folder.path()) };
    Store::open(right).await.unwrap().close().await;
}

#[tokio::test]
async fn a_missing_database_is_named() {
    let error = refused(&Cluster::of_this_process().url("nowhere")).await;
    assert!(matches!(&error, OpenError::DatabaseMissing { name, .. } if name == "nowhere"), "{error}");
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let cluster = Cluster::of_this_process();
    cluster.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").await;
    let error = refused(&cluster.url("latin")).await;
    assert!(error.to_string().contains("UTF8"), "{error}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let db = Scratch::postgres().await;
    let newer = op(|tx| {
        Box::pin(async move {
            let sql = "INSERT INTO schema_migrations (version, name, at) VALUES (999, 'tomorrow', 0)";
            tx.execute(sql, &[]).await
        })
    });
    db.store.write(newer).await.unwrap();
    let (reopened, _folder) = db.reopen(|_| {}).await;
    let Err(error) = reopened else { panic!("it opened") };
    assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_make_the_schema_once() {
    let url = Cluster::of_this_process().fresh_database().await;
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let opening = folders
        .iter()
        .map(|folder| Store::open(Options { database: Some(url.clone()), ..Options::new(folder.path()) }));
    let stores: Vec<Store> = join_all(opening).await.into_iter().map(Result::unwrap).collect();
    assert!(stores.iter().all(|store| store.secret() == stores[0].secret()));
    stores[0].write(Insert("a")).await.unwrap();
    assert_eq!(stores[3].read(Names).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_closed_store_leaves_its_folder_to_the_next_although_a_clone_lives() {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let folder = tempfile::tempdir().unwrap();
    let options = Options { database, ..Options::new(folder.path()) };
    let store = Store::open(options.clone()).await.unwrap();
    assert!(matches!(Store::open(options.clone()).await, Err(OpenError::InUse { .. })), "while it is open");
    store.clone().close().await;
    Store::open(options).await.expect("the folder is free").close().await;
}
