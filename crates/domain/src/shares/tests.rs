use std::{
    pin::{Pin, pin},
    task::Context,
};

use uuid::Uuid;

use super::*;

fn project(number: u128) -> Holder {
    Holder::project(ProjectId(Uuid::from_u128(number)))
}

/// Takes single places until the pool refuses.
fn take_all(pool: &Pool, holder: Holder) -> Vec<Place> {
    std::iter::from_fn(|| pool.try_take(holder, 1)).take(1_000).collect()
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => Some(out),
        Poll::Pending => None,
    }
}

#[test]
fn a_party_alone_takes_three_quarters_of_the_pool() {
    for (size, most) in [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (64, 48), (100, 75)] {
        let pool = Pool::new(size);
        let held = take_all(&pool, project(1));
        assert_eq!(held.len(), most, "of {size}");
        drop(held);
        assert_eq!(pool.used(), 0);
    }
}

#[test]
fn the_last_quarter_is_lent_to_parties_below_their_share() {
    let pool = Pool::new(64);
    let greedy = take_all(&pool, project(1));
    let second = take_all(&pool, project(2));
    assert_eq!((greedy.len(), second.len()), (48, 16));
    assert!(pool.try_take(project(3), 1).is_none(), "the pool is full");
    drop(greedy);
    let more = take_all(&pool, project(2));
    assert_eq!(second.len() + more.len(), 48, "what is free may be borrowed up to three quarters");
}

#[test]
fn a_full_pool_serves_the_newcomer_first_with_the_next_place() {
    let pool = Pool::new(8);
    let mut greedy = take_all(&pool, project(1));
    let _second = take_all(&pool, project(2));
    let mut again = pin!(pool.take(project(1), 1));
    assert!(poll(again.as_mut()).is_none());
    let mut newcomer = pin!(pool.take(project(3), 1));
    assert!(poll(newcomer.as_mut()).is_none());
    greedy.pop();
    assert!(poll(again.as_mut()).is_none(), "the greedy party is beyond its share");
    assert!(poll(newcomer.as_mut()).flatten().is_some());
}

#[test]
fn parties_that_wait_are_served_in_turn() {
    let pool = Pool::new(4);
    let mut held = take_all(&pool, project(9));
    held.extend(take_all(&pool, project(8)));
    assert_eq!(held.len(), 4);
    let mut waits: Vec<_> =
        [1, 1, 1, 2].into_iter().map(|number| (number, Box::pin(pool.take(project(number), 1)))).collect();
    assert!(waits.iter_mut().all(|(_, wait)| poll(wait.as_mut()).is_none()));
    let mut served = Vec::new();
    while let Some(place) = held.pop() {
        drop(place);
        waits.retain_mut(|(number, wait)| match poll(wait.as_mut()).flatten() {
            Some(place) => {
                served.push(*number);
                held.insert(0, place);
                false
            }
            None => true,
        });
        if waits.is_empty() {
            break;
        }
    }
    assert_eq!(served, [1, 2, 1, 1], "the second party does not wait for all of the first");
}

#[test]
fn slow_places_fill_half_of_what_may_be_borrowed() {
    let pool = Pool::new(64);
    // The share of one party alone is 32, and 48 may be borrowed: slow places may be 40.
    let held: Vec<_> = (0..40).map(|_| pool.try_take(project(1), 1).expect("a place is free")).collect();
    held.iter().for_each(|place| place.set_slow(true));
    assert!(pool.try_take(project(1), 1).is_none());
    assert_eq!(pool.slow_of(project(1).party), 40);
    held[0].set_slow(false);
    assert!(pool.try_take(project(1), 1).is_some());
    assert_eq!(take_all(&pool, project(2)).len(), 16 + 8, "another party is not bound by it");
}

#[test]
fn the_same_rules_hold_within_a_party() {
    let pool = Pool::new(64);
    let greedy = take_all(&pool, project(1).within(1));
    assert_eq!(greedy.len(), 36, "three quarters of 48");
    let second = take_all(&pool, project(1).within(2));
    assert_eq!(second.len(), 12, "up to what the party may have");
    assert!(pool.try_take(project(1).within(3), 1).is_none());
    assert_eq!(take_all(&pool, project(2).within(1)).len(), 16, "another party has its own");
}

#[test]
fn within_a_party_those_below_their_share_are_served_first() {
    let pool = Pool::new(8);
    // Four of the six that the party may have; the pool is full.
    let mut held = take_all(&pool, project(1).within(1));
    held.extend(take_all(&pool, project(2)));
    assert_eq!((pool.held_by(project(1).party), pool.used()), (4, 8));
    let mut more = pin!(pool.take(project(1).within(1), 1));
    let mut other = pin!(pool.take(project(1).within(2), 1));
    assert!(poll(more.as_mut()).is_none() && poll(other.as_mut()).is_none());
    held.remove(0);
    let served = poll(other.as_mut()).flatten();
    assert!(served.is_some(), "the holder of less comes first");
    assert!(poll(more.as_mut()).is_none());
}

#[test]
fn a_place_is_wanted_while_another_would_be_served_with_it() {
    let pool = Pool::new(4);
    let greedy = take_all(&pool, project(1));
    let _other = take_all(&pool, project(2));
    assert!(!greedy[0].is_wanted(), "nobody waits");
    let mut own = pin!(pool.take(project(1), 1));
    assert!(poll(own.as_mut()).is_none());
    assert!(!greedy[0].is_wanted(), "only its own holder waits");
    let mut newcomer = Box::pin(pool.take(project(3), 1));
    assert!(poll(newcomer.as_mut()).is_none());
    assert_eq!(pool.waiting_of(project(3).party), 1);
    assert!(greedy[0].is_wanted());
    assert_eq!((pool.used(), pool.held_by(project(1).party)), (4, 3), "to ask changes nothing");
    drop(newcomer);
    assert!(!greedy[0].is_wanted());
}

#[test]
fn several_places_are_taken_grown_and_shrunk_as_one() {
    let pool = Pool::new(1_000);
    let mut place = pool.try_take(project(1), 500).expect("free");
    assert!(pool.try_take(project(1), 251).is_none());
    assert!(place.try_grow(250) && !place.try_grow(1));
    assert_eq!((place.places(), pool.used()), (750, 750));
    place.shrink_to(10);
    assert_eq!(pool.held_by(project(1).party), 10);
    assert!(pool.fits(project(1), 750) && !pool.fits(project(1), 751));
}

#[test]
fn a_dropped_wait_gives_back_what_it_was_granted() {
    let pool = Pool::new(1);
    let held = pool.try_take(project(1), 1).expect("free");
    let mut wait = Box::pin(pool.take(project(2), 1));
    assert!(poll(wait.as_mut()).is_none());
    drop(held);
    assert_eq!(pool.held_by(project(2).party), 1, "granted before it is taken");
    drop(wait);
    assert_eq!(pool.used(), 0);
}

#[test]
fn a_closed_pool_lends_nothing_and_tells_when_it_is_empty() {
    let pool = Pool::new(1);
    let held = pool.try_take(project(1), 1).expect("free");
    let mut wait = pin!(pool.take(project(2), 1));
    let mut drained = pin!(pool.drained());
    assert!(poll(wait.as_mut()).is_none() && poll(drained.as_mut()).is_none());
    pool.close();
    assert!(poll(wait.as_mut()).expect("over").is_none());
    assert!(pool.try_take(project(3), 1).is_none());
    drop(held);
    assert!(poll(drained.as_mut()).is_some());
}

#[test]
fn who_gives_a_place_back_goes_behind_those_that_wait() {
    let pool = Pool::new(1);
    let held = pool.try_take(project(1), 1);
    let mut again = pin!(pool.take(project(1), 1));
    assert!(poll(again.as_mut()).is_none());
    let mut newcomer = pin!(pool.take(project(2), 1));
    assert!(poll(newcomer.as_mut()).is_none());
    assert!(pool.is_wanted_beside(project(1).party) && !Pool::new(1).is_wanted_beside(project(1).party));
    drop(held);
    assert!(poll(again.as_mut()).is_none(), "it has just had the place");
    assert!(poll(newcomer.as_mut()).flatten().is_some());
}
