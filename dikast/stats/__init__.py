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
| `accuracy` | `accuracy`, `pair_accuracy` (with or without ties), `by_class` (balanced, macro-F1, recall, confusions) |
| `pair_accuracy` | `judgebench`, `mmrb2`, `ballot_accuracy`, `consistent_accuracy`, `optimistic_accuracy`, `contextual_judge_bench`: both orders against labels |
| `order_grids` | `folded`, `order_consistency`, `first_position_rate`, `order_bias`, `order_conflicts`, `verdict_entropies` |
| `repetition` | `sample_grid`, `repetition_stability`, `repeat_agreement`, `order_effect` (beyond noise) |
| `denoised_bias` | `position_bias`, `length_bias`, `flip_rate`, `denoised` |
| `length_effects` | `length_coefficient` (label controlled), `length_controlled_win_rate` |
| `self_preference` | `self_preference`: every judge of a known family, beside other judges or labels |
| `leniency` | `leniency`: true positive and negative rates, Pc, P+ |
| `scale_use` | `scale_use` (levels, span, entropy, ratios to labels, offset), `halo` between criteria |
| `rank_distance` | `levenshtein`, `ranking_tau`, `mean_levenshtein`, `mean_tau` |
| `drift` | `mann_kendall` (trend, Sen's slope) |
| `criterion_pairs` | `criterion_scores`: PAcc, TOS, CMR, accuracy by criterion |
| `confidence` | `confident_ballots` (from a table), `ece`, `brier`, `overconfidence`, `wrong_at`, `reliability` (bins) |
| `risk_coverage` | `risk_coverage` (curve), `aurc` (mean, trapezoid, oracle, excess) |
| `panel_errors` | `error_structure` (error correlation, effective seats), `shared_beyond_truth` (without labels) |
| `panel_value` | `panel_value`: plurality, gain over the best judge, value of each seat |
| `sage_table` | `table_sage`: IPI and TOV by judge; `question_verdicts` |
| `significance` | `binomial_test`, `mcnemar_test`, `fisher_test`, `position_test`, `marginal_test`, `interval_test`, `false_discovery`, `Checked`, `adjust` |
| `slices` | `slice_test`, `with_the_others`: a figure on parts of the cases |
| `token_scores` | `token_score`: a score from token probabilities |
| `counting` | `count_figures`: exact match and relative error of counts |
| `system_level` | `system_agreement`, `responses_of_pairs` |
"""  # noqa: E501
