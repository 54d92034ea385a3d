//! Members: people of a project, whom keys can impersonate.

use domain::{
    Caller, Error, MemberId, Result,
    caller::Scope,
    codes,
    project::{Member, Role},
};
use store::{Operation, Tx, op};

use crate::{
    App, Origin,
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
        if role == Role::Admin && !caller.scopes.covers(role.scopes()) {
            return Err(Error::forbidden("A key cannot give a role with scopes that it lacks"));
        }
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

    /// Removes the member and ends the member's sign-ins. Messages in the member's name keep their author. A service frees
    /// the member's threads.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`.
    #[crate::boxed]
    pub async fn delete_member(&self, caller: &Caller, id: MemberId) -> Result<()> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let delete = op(move |tx| Box::pin(async move { store::members::delete(tx, project, id).await }));
        match self.store.write(delete).await? {
            0 => Err(unknown::member()),
            _ => {
                self.silences.notify_one();
                self.known_sign_ins.forget();
                Ok(())
            }
        }
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
