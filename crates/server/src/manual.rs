//! Writes the page of commands from the command line: every command, its examples, the exit codes.

use clap::{Command, CommandFactory};

use crate::{cli::Cli, failure::Exit};

const INTRODUCTION: &str = "\
# Commands

`threadline config --markdown docs` makes this page from the command line in the code; a test fails when the two differ.

`threadline COMMAND --help` shows the same with every flag. `serve` and `dev` are the server. `config` and `openapi` look at their
settings alone. `secrets` opens the database of a server that does not run. `provider` calls the configured providers. All others talk to a running server (`--url`, `--key`),
and print JSON with `--json`. Standard output has the result alone; errors and the log go to standard error.
";

/// `commands.md`.
pub fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = format!("{INTRODUCTION}\n```\n{}\n```\n", Exit::TABLE);
    write(&root, &mut page);
    page
}

/// Writes the subcommands of a command, in the order of its help.
fn write(above: &Command, page: &mut String) {
    for command in above.get_subcommands().filter(|command| command.get_name() != "help") {
        let usage = command.clone().render_usage().to_string();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        *page += &format!("\n## `{}`\n\n{about}.\n", usage.trim_start_matches("Usage: "));
        let is_group = command.has_subcommands();
        if let Some(examples) = command.get_after_help().filter(|_| !is_group) {
            *page += &format!("\n```\n{examples}\n```\n");
        }
        write(command, page);
    }
}
