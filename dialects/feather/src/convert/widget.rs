//! The settings of an agent's chat widget.

use domain::{
    Limits,
    guests::{Day, Hours, Position, Span},
};
use engine::app::people::widget::Widget;

use crate::wire;

pub fn widget(widget: Widget, limits: &Limits) -> wire::WidgetResponse {
    let Widget { guest_id, display_name, guests, is_open } = widget;
    wire::WidgetResponse {
        agent_id: guest_id.to_string(),
        title: guests.title.or_else(|| display_name.clone()),
        assistant_name: display_name,
        greeting: guests.greeting,
        greeting_after_seconds: guests.greeting_after_s,
        colour: guests.colour,
        position: match guests.position {
            Some(Position::Left) => wire::WidgetPosition::Left,
            Some(Position::Right) | None => wire::WidgetPosition::Right,
        },
        texts: guests.texts,
        features: wire::WidgetFeatures {
            ask: guests.ask.map(|ask| wire::WidgetAsk { is_open, hours: ask.hours.map(hours) }),
            files: guests.files.map(|files| wire::WidgetFiles {
                types: files.types,
                max_bytes: files.bytes,
                max_count: limits.attachments,
            }),
            contact: guests.contact.map(|own| wire::WidgetContact {
                name: own.name,
                email: own.email,
                consent: own.consent,
            }),
        },
        limits: wire::WidgetLimits {
            body_bytes: limits.body_bytes,
            wait_seconds: limits.wait_s,
            token_seconds: limits.guest_token_s,
        },
    }
}

fn hours(hours: Hours) -> wire::WidgetHours {
    let span = |span: Span| wire::WidgetSpan {
        days: span.days.into_iter().map(Day::as_str).collect(),
        from: span.from,
        to: span.to,
    };
    wire::WidgetHours { time_zone: hours.time_zone, open: hours.open.into_iter().map(span).collect() }
}
