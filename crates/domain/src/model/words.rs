//! The words of reasoning and speed: which of them a model takes, and which the model gets instead of another.

use super::Abilities;
use crate::controls::{Reasoning, Speed};

impl Abilities {
    /// The words of reasoning that the model takes instead of the word. `None` if the model takes the word itself.
    pub fn refuses_reasoning(&self, word: Reasoning) -> Option<&[Reasoning]> {
        self.reasoning.as_deref().filter(|words| !words.contains(&word))
    }

    /// The speeds that the model takes instead of the speed. `None` if the model takes the speed itself.
    pub fn refuses_speed(&self, speed: Speed) -> Option<&[Speed]> {
        self.speeds.as_deref().filter(|speeds| !speeds.contains(&speed))
    }

    /// The word that the model gets for a word of reasoning: the word itself, else the nearest lower one, else the
    /// least that the model takes. `on` stands for every word of thinking at a model that only has a switch.
    pub fn lowered_reasoning(&self, asked: Reasoning) -> Reasoning {
        let Some(words) = self.refuses_reasoning(asked) else { return asked };
        let of_effort = || words.iter().copied().filter(|word| *word != Reasoning::On);
        let lower = of_effort().filter(|word| amount(*word) <= amount(asked)).max_by_key(|word| amount(*word));
        let has_effort = of_effort().any(Reasoning::thinks);
        match lower {
            Some(word) if has_effort || !asked.thinks() => word,
            _ if words.contains(&Reasoning::On) && !has_effort => Reasoning::On,
            _ => lower.or_else(|| of_effort().min_by_key(|word| amount(*word))).unwrap_or(asked),
        }
    }

    /// The speed that the model gets for a speed: the speed itself, else the nearest slower one, else the slowest.
    pub fn lowered_speed(&self, asked: Speed) -> Speed {
        let Some(speeds) = self.refuses_speed(asked) else { return asked };
        let slower =
            speeds.iter().copied().filter(|speed| pace(*speed) <= pace(asked)).max_by_key(|speed| pace(*speed));
        slower.or_else(|| speeds.first().copied()).unwrap_or(asked)
    }
}

/// `on` leaves the amount to the model, which most often is a medium one.
fn amount(word: Reasoning) -> u8 {
    match word {
        Reasoning::Off | Reasoning::None => 0,
        Reasoning::Minimal => 1,
        Reasoning::Low => 2,
        Reasoning::On | Reasoning::Medium => 3,
        Reasoning::High => 4,
        Reasoning::Xhigh => 5,
        Reasoning::Max => 6,
    }
}

fn pace(speed: Speed) -> u8 {
    match speed {
        Speed::Flex => 0,
        Speed::Standard | Speed::Default => 1,
        Speed::Fast | Speed::Priority => 2,
        Speed::Ultrafast => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CATALOGUE, abilities};

    /// The words that the model gets for each of off, on, minimal, low, medium, high, xhigh and max.
    fn given(name: &str) -> Vec<&'static str> {
        let abilities = abilities(name).expect("a model");
        let asked = ["off", "on", "minimal", "low", "medium", "high", "xhigh", "max"];
        let lowered = |word: &&str| abilities.lowered_reasoning(Reasoning::parse(word).expect("a word")).as_str();
        asked.iter().map(lowered).collect()
    }

    #[test]
    fn a_word_that_the_model_does_not_take_is_lowered() {
        for (name, words) in [
            ("claude-fable-5", "low on low low medium high xhigh max"),
            ("claude-opus-4-8", "off on none low medium high xhigh max"),
            ("claude-sonnet-4-6", "off on none low medium high high max"),
            ("claude-haiku-4-5", "off on none low medium high high high"),
            ("gpt-5.4", "off on none low medium high xhigh xhigh"),
            ("gpt-5.5-pro", "medium on medium medium medium high xhigh xhigh"),
            ("gemini-3.1-pro-preview", "low on low low medium high high high"),
            ("gemini-3-flash-preview", "minimal on minimal low medium high high high"),
            ("glm-5.2", "off on none low low high high max"),
            ("glm-5.1", "off on on on on on on on"),
            ("kimi-k2.7-code", "on on on on on on on on"),
            ("qwen3-coder", "off none none none none none none none"),
            ("grok-4-1-fast", "off on minimal low medium high xhigh max"),
        ] {
            assert_eq!(given(name).join(" "), words, "{name}");
        }
    }

    #[test]
    fn each_model_gets_only_words_that_it_takes() {
        for model in CATALOGUE {
            let Some(abilities) = abilities(model.name) else { continue };
            for word in Reasoning::ALL {
                assert_eq!(abilities.refuses_reasoning(abilities.lowered_reasoning(*word)), None, "{}", model.name);
            }
            for speed in Speed::ALL {
                assert_eq!(abilities.refuses_speed(abilities.lowered_speed(*speed)), None, "{}", model.name);
            }
        }
    }

    #[test]
    fn a_speed_that_the_model_does_not_have_becomes_the_ordinary_one() {
        let lowered = |name: &str, speed: Speed| abilities(name).expect("a model").lowered_speed(speed).as_str();
        assert_eq!(lowered("claude-opus-4-8", Speed::Fast), "standard");
        assert_eq!(lowered("claude-opus-4-8", Speed::Standard), "standard");
        assert_eq!(lowered("gpt-5.5", Speed::Ultrafast), "fast");
        assert_eq!(lowered("gpt-5.5", Speed::Flex), "flex");
        assert_eq!(lowered("gemini-3-flash-preview", Speed::Flex), "default");
    }
}
