//! Customers and their addresses.

use dialect_kit::{Given, fields::PageLimit};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A new customer, or the fields of one to change. An absent field stays unchanged, and null removes it. Other fields
/// are ignored.
#[derive(Deserialize, ToSchema)]
pub struct CustomerInput {
    /// E-mail addresses. They replace all present ones.
    pub emails: Option<Vec<String>>,
    /// The project's own id of the customer, unique within the project.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Given<String>,
}

/// A person outside the project who writes to it.
#[derive(Serialize, ToSchema)]
pub struct Customer {
    pub contacts: Vec<Contact>,
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    #[schema(required = true)]
    pub external_id: Option<String>,
    #[schema(format = "uuid")]
    pub id: String,
    #[schema(required = true)]
    pub name: Option<String>,
}

/// One address of a customer.
#[derive(Serialize, ToSchema)]
pub struct Contact {
    #[schema(format = "uuid")]
    pub customer_id: String,
    pub email: String,
    #[schema(format = "uuid")]
    pub id: String,
}

/// A page of customers, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Customers {
    pub customers: Vec<Customer>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CustomersQuery {
    /// Only customers with this address.
    #[serde(default)]
    #[param(nullable = false)]
    pub email: Option<String>,
    #[serde(default)]
    #[param(nullable = false)]
    pub external_id: Option<String>,
    /// Id of the last customer of the previous page.
    #[serde(default)]
    #[param(nullable = false, format = "uuid")]
    pub after: Option<String>,
    /// Number of customers per page.
    #[serde(default)]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 50)]
    pub limit: PageLimit<50>,
}
