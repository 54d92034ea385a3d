//! Kinds of failures of model calls.

use crate::{Kind, controls::words};

words! {
    /// The reason why a model gave no answer. The first three are worth a retry.
    Fault {
        RateLimited = "rate_limited", Unavailable = "unavailable", Upstream = "upstream",
        Invalid = "invalid", Unauthenticated = "unauthenticated", ContextTooLong = "context_too_long", Refused = "refused",
        /// The account at the provider has no credit left.
        OutOfCredit = "out_of_credit",
        /// The provider refuses blocks of earlier answers. A call without them may succeed.
        BlocksRefused = "blocks_refused",
        /// The provider cannot read a picture. A call without pictures may succeed.
        PicturesRefused = "pictures_refused",
    }
}

impl Fault {
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Upstream)
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::RateLimited => Kind::RateLimited,
            Self::Unavailable => Kind::Unavailable,
            Self::Upstream | Self::Unauthenticated | Self::OutOfCredit => Kind::Upstream,
            Self::Invalid | Self::Refused | Self::BlocksRefused | Self::PicturesRefused => Kind::Invalid,
            Self::ContextTooLong => Kind::TooLarge,
        }
    }
}
