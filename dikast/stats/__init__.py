"""Pure statistics: numpy in, `Estimate` out.

Scores are floats with NaN for an abstention, mostly columns `[case]` or grids `[case, judge]` and
`[case, judge, order]` as `BallotTable.grid` gives them. A figure is an `Estimate`: its value with
n, nulls and a 95 % interval by case, or None with the reason why it is undefined. Options are the
same everywhere: `by` names what each case belongs to (its question, or the case of each ballot),
so that what belongs together is resampled together; `seed` and `draws` steer the bootstrap.

| module | functions |
|---|---|
| `agreement` | `agreement` (all at once), `percent_agreement`, `cohen` (weighted too), `scott`, `gwet`: two raters |
| `raters` | `fleiss`, `gwet_ac1`, `gwet_ac2`, `percent_agreement_of_many`: many raters |
| `krippendorff` | `krippendorff`: nominal, ordinal, interval, gaps allowed |
| `correlation` | `pearson`, `spearman`, `kendall` (τ-b), `correlation` by name |
| `agreement_matrix` | `agreement_matrix` and `pairwise` (judge × judge), `mean_with_others`, `stacked` |
| `system_level` | `system_agreement`, `responses_of_pairs` |
"""  # noqa: E501
