//! Members: people of a project, whom keys can impersonate.

use std::sync::Arc;

use domain::{
    Caller, Error, MemberId, ProjectId, Result,
    caller::Scope,
    codes,
    project::{Member, Role},
};
use store::{Operation, Tx, op};

use crate::{
    App, Origin,
    app::access::audit,
    inner::Inner,
    origin::{self, Taken},
    unknown, validate,
};

/// A new member.
#[derive(Clone, Debug, Default)]
pub struct NewMember {
    /// One bare address; case does not matter.
    pub email: String,
    pub name: Option<String>,
    /// Absent: `member`.
    pub role: Option<Role>,
}

impl App {
    /// # Errors
    /// `forbidden` without `admin`, or for a role with a scope that the caller lacks. `invalid` for the address or the name. `conflict` if a member of the project has
    /// the address, or the origin key was used for another request.
    #[crate::boxed]
    pub async fn create_member(&self, caller: &Caller, new: NewMember, origin: Option<Origin>) -> Result<Member> {
        caller.require(Scope::Admin)?;
        let email = validate::plain_address("email", &new.email, &self.limits)?;
        if let Some(name) = &new.name {
            validate::label("name", name, self.limits.name_chars)?;
        }
        let role = new.role.unwrap_or(Role::Member);
        may_give(caller, role)?;
        let (id, created_at) = (MemberId(self.clock.id()), self.clock.now());
        let member = Member { id, project: caller.project, email, name: new.name, role, created_at };
        self.store.write(Create { caller: caller.clone(), member, origin }).await
    }

    /// Members of the caller's project, oldest first.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_members(&self, caller: &Caller, after: Option<MemberId>, limit: i64) -> Result<Vec<Member>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::members::list(tx, project, after, limit).await }));
        self.store.read(list).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn member(&self, caller: &Caller, id: MemberId) -> Result<Member> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { store::members::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::member)
    }

    /// The member with this address, if there is one. Case does not matter.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn member_of_address(&self, caller: &Caller, email: &str) -> Result<Option<Member>> {
        caller.require(Scope::Read)?;
        let (project, email) = (caller.project, validate::spelled_as_stored(email));
        let find = op(move |tx| Box::pin(async move { store::members::find_by_email(tx, project, &email).await }));
        self.store.read(find).await
    }

    /// Gives the member another role. The member's sign-ins have its scopes from the next request on.
    ///
    /// # Errors
    /// `forbidden` without `admin`, or for a role with a scope that the caller lacks; `not_found`; `conflict` for the last
    /// admin.
    #[crate::boxed]
    pub async fn set_member_role(&self, caller: &Caller, id: MemberId, role: Role) -> Result<Member> {
        caller.require(Scope::Admin)?;
        may_give(caller, role)?;
        self.store.write(SetRole { inner: self.inner().clone(), caller: caller.clone(), id, role }).await
    }

    /// Removes the member and ends the member's sign-ins. Messages in the member's name keep their author. A service frees
    /// the member's threads.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `conflict` for the last admin.
    #[crate::boxed]
    pub async fn delete_member(&self, caller: &Caller, id: MemberId) -> Result<()> {
        caller.require(Scope::Admin)?;
        let (project, inner, caller) = (caller.project, self.inner().clone(), caller.clone());
        let delete = op(move |tx| {
            Box::pin(async move {
                keep_an_admin(tx, project, id).await?;
                match store::members::delete(tx, project, id).await? {
                    0 => Err(unknown::member()),
                    _ => audit::note(tx, &inner, &caller, "delete_member", id).await,
                }
            })
        });
        self.store.write(delete).await?;
        self.silences.notify_one();
        self.known_sign_ins.forget();
        Ok(())
    }
}

/// # Errors
/// `forbidden` for a role with a scope that the caller lacks.
fn may_give(caller: &Caller, role: Role) -> Result<()> {
    match role == Role::Admin && !caller.scopes.covers(role.scopes()) {
        true => Err(Error::forbidden("A key cannot give a role with scopes that it lacks")),
        false => Ok(()),
    }
}

/// Locks the project's admins, so that two of them do not demote each other at once.
///
/// # Errors
/// `conflict` if the member is the only admin.
async fn keep_an_admin(tx: &mut Tx, project: ProjectId, id: MemberId) -> Result<()> {
    match store::members::lock_admins(tx, project).await?.as_slice() {
        [only] if *only == id => {
            let message = "This member is the last admin of the project. Make another member an admin first";
            Err(Error::conflict(codes::LAST_ADMIN, message))
        }
        _ => Ok(()),
    }
}

struct SetRole {
    inner: Arc<Inner>,
    caller: Caller,
    id: MemberId,
    role: Role,
}

impl Operation for SetRole {
    type Out = Member;

    async fn run(self, tx: &mut Tx) -> Result<Member> {
        let Self { inner, caller, id, role } = self;
        let project = caller.project;
        if role != Role::Admin {
            keep_an_admin(tx, project, id).await?;
        }
        let found = store::members::find(tx, project, id).await?.ok_or_else(unknown::member)?;
        if found.role == role {
            return Ok(found);
        }
        store::members::set_role(tx, project, id, role).await?;
        let action = if role == Role::Admin { "make_admin" } else { "make_member" };
        audit::note(tx, &inner, &caller, action, id).await?;
        tx.on_commit(move || inner.known_sign_ins.forget());
        Ok(Member { role, ..found })
    }
}

struct Create {
    caller: Caller,
    member: Member,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Member;

    async fn run(self, tx: &mut Tx) -> Result<Member> {
        let Self { caller, member, origin } = self;
        if let Taken::Replay(id) =
            origin::take(tx, &caller, origin.as_ref(), None, member.id.0, member.created_at).await?
        {
            return store::members::find(tx, caller.project, MemberId(id)).await?.ok_or_else(unknown::member);
        }
        match store::members::insert(tx, &member).await? {
            true => Ok(member),
            false => Err(Error::conflict(codes::MEMBER_EXISTS, "The project already has a member with this address")),
        }
    }
}
