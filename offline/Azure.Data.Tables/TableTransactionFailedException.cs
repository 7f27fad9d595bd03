using System.Globalization;

namespace Azure.Data.Tables;

public class TableTransactionFailedException : RequestFailedException
{
    public TableTransactionFailedException(RequestFailedException requestFailedException)
        : base(
            requestFailedException.Status,
            requestFailedException.Message,
            requestFailedException.ErrorCode,
            requestFailedException.InnerException)
    {
        FailedTransactionActionIndex = ReadIndex(requestFailedException.Message);
    }

    public int? FailedTransactionActionIndex { get; }

    /// <summary>The service starts the message of a failed transaction with the index of the action and a colon.</summary>
    private static int? ReadIndex(string message)
    {
        int colon = message.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? index
            : null;
    }
}
