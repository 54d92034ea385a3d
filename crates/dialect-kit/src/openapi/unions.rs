//! Unions as generators of clients read them: a choice of named objects, told apart by one of their fields.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::{
    Discriminator, Object, Ref, RefOr, Schema,
    schema::{OneOf, SchemaType, Type},
};

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Makes one object of what is put together by `allOf`, and named schemas of a union's choices: `EventTurnStarted` of the `Event`
/// whose `type` is `turn.started`.
pub(super) fn settle(schemas: &mut Schemas) {
    let mut settled = Schemas::new();
    for (name, schema) in schemas.iter() {
        let RefOr::T(schema) = schema else { continue };
        let is_union = match schema {
            Schema::AllOf(_) => true,
            Schema::OneOf(one) => one.items.len() > 1,
            _ => false,
        };
        if let Some(choices) = is_union.then(|| objects(schema, schemas)).flatten() {
            settled.extend(named(name, schema, choices));
        }
    }
    schemas.extend(settled);
}

/// The objects that a value of the schema may be; `None` where it may be something else.
fn objects(schema: &Schema, schemas: &Schemas) -> Option<Vec<Object>> {
    match schema {
        Schema::Object(object) if object.schema_type == SchemaType::Type(Type::Object) => Some(vec![object.clone()]),
        Schema::OneOf(one) => {
            let items: Option<Vec<_>> = one.items.iter().map(|item| part(item, schemas)).collect();
            Some(items?.concat())
        }
        Schema::AllOf(all) => all.items.iter().try_fold(vec![Object::with_type(Type::Object)], |made, item| {
            let more = part(item, schemas)?;
            let with = |one: &Object| more.iter().map(|other| joined(one.clone(), other)).collect::<Vec<_>>();
            Some(made.iter().flat_map(with).collect())
        }),
        _ => None,
    }
}

fn part(item: &RefOr<Schema>, schemas: &Schemas) -> Option<Vec<Object>> {
    match item {
        RefOr::T(schema) => objects(schema, schemas),
        RefOr::Ref(reference) => match schemas.get(reference.ref_location.strip_prefix("#/components/schemas/")?)? {
            RefOr::T(schema) => objects(schema, schemas),
            RefOr::Ref(_) => None,
        },
    }
}

fn joined(mut one: Object, other: &Object) -> Object {
    one.properties.extend(other.properties.clone());
    one.required.extend(other.required.iter().filter(|name| !one.required.contains(name)).cloned().collect::<Vec<_>>());
    one.description = one.description.or_else(|| other.description.clone());
    one.additional_properties = one.additional_properties.or_else(|| other.additional_properties.clone());
    one
}

/// The schema by its name, with those of its choices.
fn named(name: &str, schema: &Schema, mut choices: Vec<Object>) -> Schemas {
    let description = match schema {
        Schema::OneOf(one) => one.description.clone(),
        Schema::AllOf(all) => all.description.clone(),
        _ => None,
    };
    if choices.len() == 1 {
        let mut only = choices.remove(0);
        only.description = description.or(only.description);
        return Schemas::from([(name.into(), only.into())]);
    }
    let Some((field, values)) = told_apart(&choices) else { return Schemas::new() };
    let mut made = Schemas::new();
    let (mut union, mut discriminator) = (OneOf::new(), Discriminator::new(field));
    for (value, choice) in values.iter().zip(choices) {
        let own = format!("{name}{}", in_capitals(value));
        let reference = Ref::from_schema_name(&own);
        discriminator.mapping.insert(value.clone(), reference.ref_location.clone());
        union.items.push(reference.into());
        made.insert(own, choice.into());
    }
    union.description = description;
    union.discriminator = Some(discriminator);
    made.insert(name.into(), RefOr::T(Schema::OneOf(union)));
    made
}

/// The required field that has one value in each of them and no value twice, and those values.
fn told_apart(choices: &[Object]) -> Option<(String, Vec<String>)> {
    let only_value = |choice: &Object, field: &String| match choice.properties.get(field)? {
        RefOr::T(Schema::Object(object)) => match object.enum_values.as_deref()? {
            [value] if choice.required.contains(field) => value.as_str().map(str::to_owned),
            _ => None,
        },
        _ => None,
    };
    choices.first()?.properties.keys().find_map(|field| {
        let values: Option<Vec<String>> = choices.iter().map(|choice| only_value(choice, field)).collect();
        let values = values?;
        (values.iter().collect::<BTreeSet<_>>().len() == choices.len()).then(|| (field.clone(), values))
    })
}

/// `TurnStarted` for `turn.started`.
fn in_capitals(value: &str) -> String {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| word.get(..1).unwrap_or_default().to_ascii_uppercase() + word.get(1..).unwrap_or_default())
        .collect()
}
