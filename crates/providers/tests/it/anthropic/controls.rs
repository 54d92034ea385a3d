//! Controls in the words of the provider.

use domain::{
    controls::{Reasoning, Speed},
    model::{Abilities, Style},
};
use expect_test::expect;

use super::case;
use crate::harness::user;

#[test]
fn reasoning_is_told_in_the_style_of_the_model() {
    let told = |style: Option<Style>, rests, word, most_output| {
        let case = case(vec![user("hello")]).with(|case| {
            case.abilities =
                style.map(|style| Abilities { style, rests, output: Some(64_000), ..Abilities::default() });
            case.request.controls.reasoning = Some(word);
            case.request.most_output = most_output;
        });
        format!(
            "{:?} {} {}: {} {}\n",
            style,
            word.as_str(),
            case.member("max_tokens"),
            case.member("thinking"),
            case.member("output_config")
        )
    };
    let mut all = String::new();
    for style in [
        None,
        Some(Style::Adaptive),
        Some(Style::Budget),
        Some(Style::BudgetAndEffort),
        Some(Style::Switch),
        Some(Style::Effort),
        Some(Style::Fixed),
    ] {
        for word in [Reasoning::Off, Reasoning::On, Reasoning::Low, Reasoning::High] {
            all.push_str(&told(style, true, word, None));
        }
    }
    all.push_str(&told(Some(Style::Adaptive), false, Reasoning::Off, None));
    for most_output in [100_000, 10_000, 1_500, 1_024] {
        all.push_str(&told(Some(Style::Budget), true, Reasoning::High, Some(most_output)));
    }
    expect![[r#"
        None off 8192: {"type":"disabled"} null
        None on 8192: {"type":"adaptive","display":"summarized"} null
        None low 8192: {"type":"adaptive","display":"summarized"} {"effort":"low"}
        None high 8192: {"type":"adaptive","display":"summarized"} {"effort":"high"}
        Some(Adaptive) off 64000: null null
        Some(Adaptive) on 64000: {"type":"adaptive","display":"summarized"} null
        Some(Adaptive) low 64000: {"type":"adaptive","display":"summarized"} {"effort":"low"}
        Some(Adaptive) high 64000: {"type":"adaptive","display":"summarized"} {"effort":"high"}
        Some(Budget) off 64000: null null
        Some(Budget) on 64000: {"type":"enabled","budget_tokens":8000} null
        Some(Budget) low 64000: {"type":"enabled","budget_tokens":1024} null
        Some(Budget) high 64000: {"type":"enabled","budget_tokens":24000} null
        Some(BudgetAndEffort) off 64000: null null
        Some(BudgetAndEffort) on 64000: {"type":"enabled","budget_tokens":8000} null
        Some(BudgetAndEffort) low 64000: {"type":"enabled","budget_tokens":1024} {"effort":"low"}
        Some(BudgetAndEffort) high 64000: {"type":"enabled","budget_tokens":24000} {"effort":"high"}
        Some(Switch) off 64000: null null
        Some(Switch) on 64000: {"type":"enabled","budget_tokens":8000} null
        Some(Switch) low 64000: {"type":"enabled","budget_tokens":1024} null
        Some(Switch) high 64000: {"type":"enabled","budget_tokens":24000} null
        Some(Effort) off 64000: null null
        Some(Effort) on 64000: null null
        Some(Effort) low 64000: null {"effort":"low"}
        Some(Effort) high 64000: null {"effort":"high"}
        Some(Fixed) off 64000: null null
        Some(Fixed) on 64000: null null
        Some(Fixed) low 64000: null null
        Some(Fixed) high 64000: null null
        Some(Adaptive) off 64000: {"type":"disabled"} null
        Some(Budget) high 64000: {"type":"enabled","budget_tokens":24000} null
        Some(Budget) high 10000: {"type":"enabled","budget_tokens":5000} null
        Some(Budget) high 1500: {"type":"enabled","budget_tokens":1024} null
        Some(Budget) high 1024: null null
    "#]]
    .assert_eq(&all);
}

#[test]
fn the_fast_speed_asks_for_its_beta() {
    let fast = case(vec![user("hello")]).with(|case| case.request.controls.speed = Some(Speed::Fast));
    assert_eq!(fast.member("speed"), r#""fast""#);
    assert_eq!(
        fast.outgoing().headers.get("anthropic-beta").map(|beta| beta.as_bytes()),
        Some(&b"fast-mode-2026-02-01"[..])
    );
    let standard = case(vec![user("hello")]).with(|case| case.request.controls.speed = Some(Speed::Standard));
    assert_eq!(standard.member("speed"), "null");
}
