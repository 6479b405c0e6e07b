//! Small plots made of braille dots, for a terminal of any colour.

use textplots::{Chart, Plot, Shape};

/// Dots across and down: two to a character across, four down.
const WIDTH: u32 = 127;
const HEIGHT: u32 = 23;

/// What is written beside a plot.
pub(super) struct Labels {
    pub(super) title: String,
    pub(super) top: String,
    pub(super) bottom: String,
    pub(super) left: String,
    pub(super) right: String,
}

/// How the values are drawn.
pub(super) enum Style {
    Filled,
    Line,
}

/// Values from left to right, between 0 and `highest`.
pub(super) fn plot(values: &[f64], highest: f64, style: &Style, labels: &Labels) -> String {
    if values.is_empty() || highest <= 0.0 {
        return String::new();
    }
    let value = |dot: u32| values[dot as usize * values.len() / (WIDTH as usize + 1)];
    let points: Vec<(f32, f32)> = (0..=WIDTH).map(|dot| (dot as f32, value(dot) as f32)).collect();
    let shape = match style {
        Style::Filled => Shape::Bars(&points),
        Style::Line => Shape::Lines(&points),
    };
    let mut chart = Chart::new_with_y_range(WIDTH, HEIGHT, 0.0, WIDTH as f32, 0.0, highest as f32);
    let drawn = chart.lineplot(&shape);
    drawn.figures();
    framed(&drawn.frame(), labels)
}

fn framed(dots: &str, labels: &Labels) -> String {
    let rows: Vec<&str> = dots.lines().collect();
    let margin = labels.top.chars().count().max(labels.bottom.chars().count()).max(8);
    let mut text = format!("  {}\n\n", labels.title);
    for (place, row) in rows.iter().enumerate() {
        let label = match place {
            0 => &labels.top,
            place if place + 1 == rows.len() => &labels.bottom,
            _ => "",
        };
        text.push_str(format!("  {label:>margin$} ┤{row}").trim_end());
        text.push('\n');
    }
    let width = (WIDTH as usize).div_ceil(2);
    let gap = width.saturating_sub(labels.left.chars().count() + labels.right.chars().count());
    text.push_str(&format!("  {:margin$}  {}{:gap$}{}\n", "", labels.left, "", labels.right));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        let [title, top, bottom, left, right] = ["Title", "100", "0", "from", "to"].map(str::to_owned);
        Labels { title, top, bottom, left, right }
    }

    #[test]
    fn a_plot_has_six_rows_between_its_labels() {
        let text = plot(&[1.0, 50.0, 100.0], 100.0, &Style::Filled, &labels());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2 + 6 + 1, "{text}");
        assert!(lines[2].trim_start().starts_with("100 ┤"));
        assert!(lines[7].trim_start().starts_with("0 ┤"));
        assert!(lines[8].trim_start().starts_with("from") && lines[8].ends_with("to"));
        assert!(lines[7].contains('⣿'));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(plot(&[], 1.0, &Style::Line, &labels()), "");
        assert_eq!(plot(&[0.0], 0.0, &Style::Line, &labels()), "");
    }
}
