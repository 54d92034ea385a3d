//! Projects.

use domain::project::Project;

use crate::wire;

pub fn project(project: Project) -> wire::Project {
    wire::Project {
        id: project.id.to_string(),
        task_code: task_code(&project.name),
        name: project.name,
        description: None,
        repos: Vec::new(),
        created_at: project.created_at,
        // Projects never change.
        updated_at: project.created_at,
    }
}

/// At most eight letters and digits of the name, in capitals. Task identifiers would start with it.
fn task_code(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).take(8).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_code_is_at_most_eight_capitals_and_digits() {
        for (name, code) in [("default", "DEFAULT"), ("a-b2", "AB2"), ("customer-support", "CUSTOMER")] {
            assert_eq!(task_code(name), code);
        }
    }
}
