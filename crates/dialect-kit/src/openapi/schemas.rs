//! Every schema of a document, wherever it stands.

use utoipa::openapi::{
    Content, OpenApi, RefOr, Schema,
    path::Operation,
    schema::{AdditionalProperties, ArrayItems},
};

use super::operations;

/// Visits each schema, those within others after the one around them. `named`: it is one of the document's own, and has a name.
pub(super) fn each(document: &mut OpenApi, visit: &mut impl FnMut(&mut RefOr<Schema>, bool)) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for parameter in operation.parameters.iter_mut().flatten().filter_map(own) {
                parameter.schema.iter_mut().for_each(|schema| below(schema, false, visit));
            }
            for (_, content) in contents(operation) {
                content.schema.iter_mut().for_each(|schema| below(schema, false, visit));
            }
        }
    }
    for schema in document.components.iter_mut().flat_map(|components| components.schemas.values_mut()) {
        below(schema, true, visit);
    }
}

/// The operation's request and answer bodies, in each content type.
pub(super) fn contents(operation: &mut Operation) -> impl Iterator<Item = (&str, &mut Content)> {
    let read = operation.request_body.iter_mut().filter_map(own).flat_map(|body| body.content.iter_mut());
    let answered = operation.responses.responses.values_mut().filter_map(own);
    let answered = answered.flat_map(|response| response.content.iter_mut());
    read.chain(answered).filter_map(|(kind, content)| Some((kind.as_str(), own(content)?)))
}

pub(super) fn own<T>(or: &mut RefOr<T>) -> Option<&mut T> {
    match or {
        RefOr::T(own) => Some(own),
        RefOr::Ref(_) => None,
    }
}

fn below(schema: &mut RefOr<Schema>, named: bool, visit: &mut impl FnMut(&mut RefOr<Schema>, bool)) {
    visit(schema, named);
    match own(schema) {
        Some(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                below(items, false, visit);
            }
        }
        Some(Schema::Object(object)) => {
            object.properties.values_mut().for_each(|property| below(property, false, visit));
            if let Some(AdditionalProperties::RefOr(more)) = object.additional_properties.as_deref_mut() {
                below(more, false, visit);
            }
        }
        Some(Schema::OneOf(one)) => one.items.iter_mut().for_each(|item| below(item, false, visit)),
        Some(Schema::AllOf(all)) => all.items.iter_mut().for_each(|item| below(item, false, visit)),
        Some(Schema::AnyOf(any)) => any.items.iter_mut().for_each(|item| below(item, false, visit)),
        _ => {}
    }
}
