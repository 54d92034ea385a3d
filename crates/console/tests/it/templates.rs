//! What no template may contain.

use std::{fs, path::Path};

fn templates(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => templates(&path),
            false => vec![(path.display().to_string(), fs::read_to_string(&path).unwrap())],
        })
        .collect()
}

#[test]
fn no_template_leaves_a_text_unescaped_or_has_inline_code() {
    let all = templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
    assert!(all.len() > 8, "templates are where they are looked for");
    for (path, text) in all {
        for wrong in ["|safe", "| safe", "|escape(\"none\")", "{% filter", " style=", "<style", " onclick", " onload"] {
            assert!(!text.contains(wrong), "{path} has {wrong}");
        }
        assert!(text.matches("<script").count() == text.matches("<script src=").count(), "{path}");
    }
}
