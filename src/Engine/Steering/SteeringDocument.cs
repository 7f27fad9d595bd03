using System.Collections.Immutable;
using System.Text.Json;
using HpoServerless.Engine.Errors;
using HpoServerless.Engine.Projects;
using HpoServerless.Engine.Space;

namespace HpoServerless.Engine.Steering;

/// <summary>The points of a search that another service keeps, as the steering protocol of iDDS writes them, and what is to be tried next.</summary>
/// <remarks>
/// <c>{"points": [[{hyperparameter: value}, loss or null], ...], "opt_space": {...}}</c>. With segments every point is
/// <c>[[model_id, {...}], loss]</c> and <c>opt_space</c> is <c>[{"model_id", "search_space"}, ...]</c>: each segment is a search of its own.
/// </remarks>
public sealed class SteeringDocument
{
    private readonly ImmutableArray<SteeringModel> _models;

    private SteeringDocument(ImmutableArray<SteeringModel> models) => _models = models;

    /// <summary>Reads a steering file.</summary>
    /// <param name="json">Its document; it may be disposed of afterwards.</param>
    /// <param name="path">What the paths of faults begin with.</param>
    /// <param name="space">A search space that takes the place of the file's; null for the file's.</param>
    /// <exception cref="InvalidInputException">Something is wrong; lists all of it.</exception>
    public static SteeringDocument Parse(JsonElement json, string path, SearchSpace? space = null)
    {
        List<Fault> faults = [];
        ImmutableArray<SteeringModel> models = new SteeringReader(path, faults).Read(json, space);
        return faults.Count == 0 ? new(models) : throw new InvalidInputException([.. faults]);
    }

    /// <summary>A search that has no points yet.</summary>
    public static SteeringDocument Begin(SearchSpace space) => new([new(null, space, [])]);

    /// <summary>The points to evaluate next, as the steering protocol writes them: <c>[{...}, ...]</c>, with segments <c>[[model_id, {...}], ...]</c>.</summary>
    /// <returns>
    /// <see cref="SteeringRequest.Points"/> points, or as many as <see cref="SteeringRequest.MaxPoints"/> leaves; fewer where the space is used up.
    /// Empty: the search is over. Segments take turns, the one with the fewest points first.
    /// </returns>
    /// <exception cref="InvalidInputException">The algorithm or its options are wrong.</exception>
    /// <exception cref="UnsupportedSpaceException">The algorithm cannot search the space.</exception>
    public JsonElement Next(SteeringRequest request)
    {
        SteeringSearch[] searches = [.. _models.Select((model, i) => new SteeringSearch(model, request, i, _models.Length))];
        int total = _models.Sum(model => model.Points.Length);
        int left = Math.Max(0, Math.Min(request.Points, (request.MaxPoints ?? int.MaxValue) - total));
        while (left > 0 && searches.Any(search => !search.IsOver))
        {
            foreach (SteeringSearch search in Share(searches, left))
            {
                left -= search.Generate();
            }
        }

        return DocumentWriter.ToElement(writer =>
        {
            writer.WriteStartArray();
            foreach (SteeringSearch search in searches)
            {
                search.Write(writer);
            }

            writer.WriteEndArray();
        });
    }

    /// <summary>Tells each search how many points it is to generate.</summary>
    /// <returns>Those that are to generate any.</returns>
    private static IEnumerable<SteeringSearch> Share(SteeringSearch[] searches, int points)
    {
        for (; points > 0; points--)
        {
            searches.Where(search => !search.IsOver).MinBy(search => search.Count)!.Wanted++;
        }

        return searches.Where(search => search.Wanted > 0);
    }
}
