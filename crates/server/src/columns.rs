//! Small tables for a terminal.

use std::fmt;

/// Rows under headings, each column as wide as its widest value.
pub struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(Into::into).into()] }
    }

    pub fn row<const N: usize>(&mut self, values: [String; N]) {
        self.rows.push(values.map(|value| plain(&value)).into());
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(value, width)| format!("{value:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// One line without control characters, because others' text must not move the cursor or colour the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_free_of_control_characters() {
        let mut columns = Columns::new(["A", "LONG", "LAST"]);
        columns.row(["1".into(), "two\nlines".into(), "\u{1b}[31mred".into()]);
        columns.row(["äöü".into(), "x".into(), String::new()]);
        assert_eq!(columns.to_string(), "A    LONG       LAST\n1    two lines   [31mred\näöü  x\n");
    }
}
