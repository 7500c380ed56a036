import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/** Writes what Flink's own classes make of some keys: Java's hash code, and the key group. */
public final class KeyGroups {
  private static final int[] MAX = {1, 2, 7, 128, 129, 1000, 4096, 32768};

  public static void main(String[] args) throws Exception {
    List<String> rows = new ArrayList<>();
    Random random = new Random(42);
    for (String key : strings(random)) rows.add(row("string", quoted(key), key));
    for (long key : longs(random)) rows.add(row("long", "\"" + key + "\"", key));
    for (double key : doubles(random)) rows.add(row("double", "\"" + key + "\"", key));
    for (boolean key : new boolean[] {true, false}) rows.add(row("boolean", "\"" + key + "\"", key));
    for (int i = 0; i < 20; i++) {
      long number = random.nextInt(2000) - 1000;
      String text = "k" + random.nextInt(100);
      rows.add(row("tuple", "[" + quoted(text) + ",\"" + number + "\"]", Tuple2.of(text, number)));
    }
    List<String> ranges = new ArrayList<>();
    for (int max : MAX)
      for (int parallelism = 1; parallelism <= Math.min(max, 9); parallelism++)
        for (int index = 0; index < parallelism; index++) ranges.add(range(max, parallelism, index));
    List<String> defaults = new ArrayList<>();
    for (int p : new int[] {1, 2, 85, 86, 100, 128, 171, 1000, 10000, 21845, 21846, 32768})
      defaults.add("[" + p + "," + KeyGroupRangeAssignment.computeDefaultMaxParallelism(p) + "]");
    try (PrintStream out = new PrintStream(Files.newOutputStream(Path.of("key-groups.json")), false, StandardCharsets.UTF_8)) {
      out.print("{\n\"columns\":[\"type\",\"key\",\"hashCode\",\"key groups at these max parallelisms\"],\n\"max\":");
      out.print(java.util.Arrays.toString(MAX).replace(" ", ""));
      out.print(",\n\"keys\":[\n" + String.join(",\n", rows) + "\n],\n\"ranges\":[\n" + String.join(",\n", ranges));
      out.print("\n],\n\"defaults\":[" + String.join(",", defaults) + "]\n}\n");
    }
  }

  private static String row(String type, String text, Object key) {
    StringBuilder groups = new StringBuilder();
    for (int max : MAX) groups.append(groups.length() == 0 ? "" : ",").append(KeyGroupRangeAssignment.assignToKeyGroup(key, max));
    return "[\"" + type + "\"," + text + "," + key.hashCode() + ",[" + groups + "]]";
  }

  private static String range(int max, int parallelism, int index) {
    KeyGroupRange range = KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(max, parallelism, index);
    return "[" + max + "," + parallelism + "," + index + "," + range.getStartKeyGroup() + "," + range.getEndKeyGroup() + "]";
  }

  private static List<String> strings(Random random) {
    List<String> keys = new ArrayList<>(List.of("", "a", "hello", "polygenelubricants", "\u0000", "\uD800", "\uD83D\uDE00", "é"));
    for (int i = 0; i < 60; i++) {
      StringBuilder key = new StringBuilder();
      for (int n = random.nextInt(24); n > 0; n--) key.append((char) (i % 3 == 0 ? random.nextInt(65536) : 32 + random.nextInt(95)));
      keys.add(key.toString());
    }
    return keys;
  }

  private static List<Long> longs(Random random) {
    List<Long> keys = new ArrayList<>(List.of(0L, 1L, -1L, -2L, 2147483647L, -2147483648L, 2147483648L, 4294967295L, 4294967296L, -4294967296L, 9007199254740991L, -9007199254740991L));
    for (int i = 0; i < 60; i++) keys.add((random.nextLong() >> 11) >> random.nextInt(50));
    return keys;
  }

  private static List<Double> doubles(Random random) {
    List<Double> keys = new ArrayList<>(List.of(0.0, 1.0, 2.0, 0.5, -0.5, 1e300, -1e-300, Double.MIN_VALUE, Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY));
    for (int i = 0; i < 40; i++) keys.add((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(30)));
    return keys;
  }

  private static String quoted(String key) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : key.toCharArray()) out.append(c >= 32 && c < 127 && c != '"' && c != '\\' ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    return out.append('"').toString();
  }
}
